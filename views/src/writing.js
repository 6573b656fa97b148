// How tokens and texts are written: as much of a long one as there is room for, and one from right to left in a place
// of its own, so that it does not turn around what stands beside it.

const TOKEN = 20; // letters of a token that are shown
const TEXT = 200; // and of a text that is quoted
const FROM_RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const ENDS = /[.!?…。！？؟]\u2069?”$/;
const [ISOLATED, TO_HERE] = ["\u2068", "\u2069"];

/** A text of at most so many letters; the last one stands for what is left out. */
export function short(text, most = TOKEN) {
  if (text.length <= most) return text;
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** A text in quotation marks, as a sentence names it. */
export function quoted(text) {
  const shown = short(text, TEXT);
  return FROM_RIGHT_TO_LEFT.test(shown) ? `“${ISOLATED}${shown}${TO_HERE}”` : `“${shown}”`;
}

/** Words as a sentence: with a full stop, unless they end with a text that has a mark of its own. */
export function sentence(words) {
  return ENDS.test(words) ? words : `${words}.`;
}

/** A token in quotation marks. */
export function quotedToken(token) {
  return quoted(short(token));
}

/** Tokens with blanks between them. */
export function joined(tokens) {
  return tokens.map((token) => short(token)).join(" ");
}

/**
 * Write a text into each of some elements; one that is too long is there as a whole where the mouse rests, and for
 * those who listen.
 *
 * @param {import("d3-selection").Selection} elements
 * @param {function(*, number): string} textOf what stands in an element, by its datum and place
 * @param {number} [most] letters that are shown
 */
export function write(elements, textOf, most = TOKEN) {
  return elements
    .text((one, place) => short(textOf(one, place), most))
    .attr("title", (one, place) => {
      const text = textOf(one, place);
      return short(text, most) === text ? null : text;
    });
}
