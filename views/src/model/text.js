// What happens to a text before it is split: the same as in the package's `data/text.py`.

// Python counts more as a blank than JavaScript's \s does (U+001C to U+001F, U+0085), and one character less (U+FEFF).
// For the inside of [...] in a regular expression with the flag u.
export const BLANK = "\\p{White_Space}\\x1c-\\x1f";
const BLANKS = new RegExp(`[${BLANK}]+`, "u");
const OUTER_BLANKS = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "gu");

/**
 * The words between the blanks.
 * @param {string} text
 * @returns {string[]}
 */
export function splitAtBlanks(text) {
  return text.split(BLANKS).filter((word) => word !== "");
}

/**
 * The text without the blanks around it.
 * @param {string} text
 * @returns {string}
 */
export function strip(text) {
  return text.replace(OUTER_BLANKS, "");
}

/**
 * Writes a text in the one of several ways that look alike: no byte order mark, line ends as LF, letters and their
 * accents as one character, plain apostrophes and blanks.
 * @param {string} text
 * @returns {string}
 */
export function normalise(text) {
  return text
    .replace(/^\ufeff+/, "")
    .replace(/\r\n?/g, "\n")
    .normalize("NFC")
    .replace(/[‘’‛]/g, "'")
    .replace(/[\u00a0\u202f]/g, " ");
}

/**
 * Makes the function that cleans a text. Every step happens unless an option turns it off, as in Python; of the last
 * two, which need Python's lists of words and its rules for them, JavaScript can do none.
 * @param {object} options
 * @param {boolean} [options.lower]
 * @param {boolean} [options.strip_punctuation]
 * @param {boolean} [options.remove_stop_words]
 * @param {boolean} [options.keep_alphabetic]
 * @returns {(text: string) => string}
 */
export function cleaner(options) {
  const all = { lower: true, strip_punctuation: true, remove_stop_words: true, keep_alphabetic: true };
  const chosen = { ...all, ...options };
  for (const [name, value] of Object.entries(chosen)) {
    if (!Object.hasOwn(all, name) || typeof value !== "boolean") {
      throw new Error(`Expected ${Object.keys(all).join(", ")}, each true or false; received ${name}: ${value}.`);
    }
  }
  for (const name of ["remove_stop_words", "keep_alphabetic"]) {
    if (chosen[name]) {
      throw new Error(`Expected cleaning with ${name}: false, since only Python can do it; received true.`);
    }
  }
  return (text) => {
    const cased = chosen.lower ? text.toLowerCase() : text;
    const kept = chosen.strip_punctuation ? cased.replace(/[!-/:-@[-`{-~]/g, "") : cased;
    return splitAtBlanks(kept).join(" ");
  };
}
