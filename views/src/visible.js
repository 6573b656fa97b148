// A token written so that each of its characters can be seen, as the package's `fonts.visible` does: an open box for a
// space, a dotted circle before an accent, and its number for what has no shape.

const SHAPELESS = /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|^\p{Cf}$/gu;

export function visible(token) {
  return token.replace(/^\p{M}/u, "◌$&").replaceAll(/\p{Zs}/gu, "␣").replaceAll(SHAPELESS, numberOf);
}

function numberOf(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
