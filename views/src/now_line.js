// The line that says what is looked at. It keeps room for the longest of its sentences: nothing below it moves from one
// step to the next.

/**
 * @param {import("d3-selection").Selection} root of the view
 * @returns {{ say: function(string): void, keepRoom: function(string[]): void }} keepRoom takes all that may be said
 */
export function nowLine(root) {
  const line = root.append("p").attr("class", "s2s-now");
  const words = line.append("span").attr("aria-live", "polite");
  return {
    say: (sentence) => words.text(sentence),
    keepRoom: (sentences) => line.attr("data-longest", sentences.reduce((one, other) => (other.length > one.length ? other : one), "")),
  };
}
