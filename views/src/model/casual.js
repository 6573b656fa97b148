// The tokenizer for dialogue, "casual", as in the package's `data/casual.py`: the rules of NLTK's TweetTokenizer, with
// emoji whole and quotation marks plain. The rules are tried in their order wherever the last token ended.

import { BLANK } from "./text.js";

// Classes of characters, for the inside of [...]. JavaScript's own \w and \b know ASCII alone, and its \s other blanks.
const W = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}"; // \w of the rules
const S = "\\p{White_Space}"; // \s of the rules
const A = "a-zA-Z\\u0130\\u017f\\u212a"; // Latin letters in either case; İ, ſ and the sign K are such to Python, too
const EDGE = `(?:(?<=[${W}])(?![${W}])|(?<![${W}])(?=[${W}]))`; // \b of the rules

const letter = `(?!\\p{Nd}|_)[${W}]`;
const skin = "[\\u{1f3fb}-\\u{1f3ff}]";
const mouth = "[)\\](\\[dDpP/:}{@|\\\\]";
const nose = "[-oO*']?";
const nested = `\\([^${S}()]{0,255}?\\([^${S}()]{1,255}\\)[^${S}()]{0,255}?\\)`; // (...(...)...)
const bracketed = `(?:${nested}|\\([^${S}]{1,255}?\\))`;

const RULES = [
  // addresses of the web, with a scheme or a path
  `(?:[hH][tT][tT][pP][sSſ]?:(?:/{1,3}|[${A}0-9%])|[${A}0-9.-]{1,255}\\.[${A}]{2,13}/)` +
    `(?:[^${S}()<>{}\\[\\]]|${bracketed})+(?:${bracketed}|[^${S}\`!()\\[\\]{};:'".,<>?«»“”‘’])`,
  // and those that are a name alone
  `(?<!@)[${A}0-9]+(?:[.-][${A}0-9]+){0,126}\\.[${A}]{2,13}${EDGE}/?(?!@)`,
  // emoticons, either way round, and hearts
  `[<>]?[:;=8]${nose}${mouth}|${mouth}${nose}[:;=8][<>]?|</?3`,
  `<[^>${S}]+>`, // tags of HTML
  "-+>|<-+", // arrows
  `@[${W}]+`, // names of people
  `#+[${W}]+[${W}'-]*[${W}]+`, // hashtags
  `[${W}.+-]{1,64}@[${W}-]{1,63}\\.(?:[${W}-]\\.?){1,251}[${W}-]`, // addresses of mail
  // what is joined, or has a colour of skin
  `[^${S}](?:${skin}?(?:\\u200d[^${S}]${skin}?)+|${skin})`,
  // flags of countries, and of England, Scotland and Wales
  "[\\u{1f1e6}-\\u{1f1ff}]{2}|\\u{1f3f4}\\u{e0067}\\u{e0062}(?:" +
    "\\u{e0065}\\u{e006e}\\u{e0067}|\\u{e0073}\\u{e0063}\\u{e0074}|\\u{e0077}\\u{e006c}\\u{e0073})\\u{e007f}",
  `${letter}(?:(?!\\p{Nd})[${W}'-])+${letter}`, // words, with apostrophes and hyphens inside
  "[+-]?\\p{Nd}+[,/.:-]\\p{Nd}+[+-]?", // numbers with a fraction, times, dates
  `[${W}]+`, // other words
  `\\.(?:(?:(?![\\r\\n])[${S}])*\\.)+`, // dots
  `[^${S}]`, // any other mark
];
const TOKEN = new RegExp(RULES.join("|"), "gu");
const LONG_RUNS = /([^\p{L}\p{N}])\1{3,}/gu; // of a mark that is repeated, three are kept

const PICTURE = "[\\u2190-\\u2bff\\u{1f000}-\\u{1faff}]";
const FLAG = "[\\u{1f1e6}-\\u{1f1ff}]{2}";
const CHANGED = `(?:[^${BLANK}][\\ufe0e\\ufe0f]|${PICTURE}${skin}|\\u{1f3f4}[\\u{e0020}-\\u{e007f}]+)`;
const ONE = `(?:${CHANGED}|${PICTURE})`;
// Those of several characters: flags, keys, what is joined, what is changed.
const EMOJI = new RegExp(`(${FLAG}|[0-9#*]\\ufe0f?\\u20e3|${ONE}(?:\\u200d${ONE})+|${CHANGED})`, "u");
const ENTITY = new RegExp(`&(#?(x?))([^&;${S}]+);`, "gu"); // of HTML: &amp; &#38; &#x26;
const ALL_BLANKS = new RegExp(`[${BLANK}]`, "gu");

const CLOSING = /^[.,!?;:%)\]}…]+$/u;
const OPENING = ["(", "[", "{", "$", "#", "¿", "¡"];
const CONTRACTION = /^(?:'(?:m|s|d|re|ve|ll)|n't)$/iu;
const CLIPPED = ["em", "bout", "cause", "til", "till", "tis", "twas", "round", "cuz"];

/**
 * Makes the tokenizer for dialogue.
 * @param {{entities: Object<string, number>, ends: string, wide: string}} lists  The code points of HTML's named
 *   entities; marks that end a clause; marks that have no blank on either side.
 * @returns {{tokenize: (text: string) => string[], detokenize: (tokens: string[]) => string}}
 */
export function casual(lists) {
  return {
    tokenize: (text) => split(text, lists.entities),
    detokenize: (tokens) => together(tokens, lists),
  };
}

function split(text, entities) {
  const plain = text.replace(/[‘’‛]/g, "'").replace(/[“”‟]/g, '"');
  const tokens = plain.split(EMOJI).flatMap((part, place) => {
    if (place % 2 === 1) return [part]; // an emoji
    return part.replace(ENTITY, characterOf(entities)).replace(LONG_RUNS, "$1$1$1").match(TOKEN) ?? [];
  });
  return tokens.map((token) => token.replace(ALL_BLANKS, "")).filter((token) => token !== "");
}

// What an entity stands for; nothing, where it stands for no character. Numbers from 128 to 159 are of Windows.
const characterOf = (entities) => (entity, sign, hexadecimal, body) => {
  const digits = hexadecimal ? /^[0-9a-f]+$/i : /^[0-9]+$/;
  const number = digits.test(body) ? parseInt(body, hexadecimal ? 16 : 10) : NaN;
  const point = sign ? number : Object.hasOwn(entities, body) ? entities[body] : NaN;
  if (!(point <= 0x10ffff)) return "";
  const character = String.fromCodePoint(point);
  if (!(sign && 0x80 <= point && point <= 0x9f)) return character;
  const ofWindows = new TextDecoder("windows-1252").decode(Uint8Array.of(point));
  return ofWindows === character ? "" : ofWindows;
};

// Writes blanks between tokens, but not where a reader would write none: a good guess.
function together(tokens, { ends, wide }) {
  const openQuotes = new Set();
  let text = "";
  let glue = true; // whether the next token follows without a blank
  tokens.forEach((token, place) => {
    const before = (tokens[place - 1] ?? "").toLowerCase();
    const after = (tokens[place + 1] ?? "").toLowerCase();
    let joinsLeft = CLOSING.test(token) || CONTRACTION.test(token) || [...ends].includes(token);
    let joinsRight = OPENING.includes(token);
    if (token === "-" && before === "-") {
      joinsLeft = true; // a dash typed as two hyphens
    } else if (token === "'" && CLIPPED.includes(after)) {
      joinsRight = true; // 'em
    } else if (token === "'" && !openQuotes.has("'") && before.endsWith("in")) {
      joinsLeft = true; // goin'
    } else if (token === "'" || token === '"') {
      joinsLeft = openQuotes.has(token);
      joinsRight = !joinsLeft;
      if (joinsLeft) openQuotes.delete(token);
      else openQuotes.add(token);
    } else if ([...wide].includes(token)) {
      joinsLeft = true;
      joinsRight = true;
    }
    text += glue || joinsLeft ? token : ` ${token}`;
    glue = joinsRight;
  });
  return text;
}
