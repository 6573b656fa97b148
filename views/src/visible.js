// A token written so that each of its characters can be seen: an open box for a space, a dotted circle before an accent.

export function visible(token) {
  return token.replace(/^\p{M}/u, "◌$&").replaceAll(/\s/g, "␣");
}
