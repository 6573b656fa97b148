// Texts to tokens and back, and tokens to ids and back, exactly as the package does it for the model that learned so.

import { casual } from "./casual.js";
import { subwords } from "./subwords.js";
import { cleaner, normalise, splitAtBlanks, strip } from "./text.js";

const SPECIAL_TOKENS = ["<pad>", "<unk>", "<s>", "</s>"];
export const [PAD_ID, UNK_ID, BOS_ID, EOS_ID] = [0, 1, 2, 3];

/**
 * What `tools/page_tokens.py` writes of one side of a pipeline.
 * @typedef {object} Description
 * @property {"characters" | "whitespace" | "casual" | "bpe" | "unigram"} kind
 * @property {boolean} normalisation  Whether a text is normalised first.
 * @property {object | null} cleaning  How it is cleaned then: options of `cleaner`.
 * @property {boolean} strip  Whether blanks around it go at last.
 * @property {[string, number][]} [pieces]  Of "bpe" and "unigram": see `subwords`.
 * @property {object} [lists]  Of "casual": see `casual`.
 * @property {string[]} vocabulary  The tokens that have an id: see `vocabulary`.
 */

/**
 * Makes the tokenizer of one side.
 * @param {Description} description
 * @returns {{tokenize: (text: string) => string[], detokenize: (tokens: string[]) => string}}
 */
export function tokenizer(description) {
  const { tokenize, detokenize } = splitter(description);
  const clean = description.cleaning === null ? (text) => text : cleaner(description.cleaning);
  return {
    tokenize(text) {
      if (/\p{Surrogate}/u.test(text)) {
        throw new Error("Expected whole characters; received half of one, a surrogate alone.");
      }
      const cleaned = clean(description.normalisation ? normalise(text) : text);
      return tokenize(description.strip ? strip(cleaned) : cleaned);
    },
    detokenize,
  };
}

/**
 * What splits the text that is left.
 * @param {Description} description
 */
function splitter({ kind, pieces, lists }) {
  switch (kind) {
    case "characters":
      return { tokenize: (text) => [...text], detokenize: (tokens) => tokens.join("") };
    case "whitespace":
      return { tokenize: splitAtBlanks, detokenize: (tokens) => tokens.join(" ") };
    case "casual":
      return casual(lists);
    case "bpe":
    case "unigram":
      return subwords(kind, pieces);
    default:
      throw new Error(
        `Expected a kind that JavaScript can do: characters, whitespace, casual, bpe or unigram; received ${kind}.`,
      );
  }
}

/**
 * Makes the two-way map between tokens and ids. Ids 0 to 3 are padding, unknown, begin and end; the tokens follow.
 * @param {string[]} tokens
 * @returns {{tokens: string[], encode: (tokens: string[]) => number[], decode: (ids: number[]) => string[]}}
 */
export function vocabulary(tokens) {
  const all = [...SPECIAL_TOKENS, ...tokens];
  const ids = new Map(tokens.map((token, place) => [token, SPECIAL_TOKENS.length + place]));
  return {
    tokens: all,

    // Ids that end with the end's. A special token that stands in a text is as unknown as any other.
    encode(tokens) {
      if (!Array.isArray(tokens)) throw new Error(`Expected a list of tokens; received ${typeof tokens}.`);
      return [...tokens.map((token) => ids.get(token) ?? UNK_ID), EOS_ID];
    },

    // Tokens up to the first end, without padding and begin.
    decode(ids) {
      const written = [];
      for (const id of ids) {
        if (!Number.isInteger(id) || !(id in all)) {
          throw new Error(`Expected ids from 0 to ${all.length - 1}; received ${id}.`);
        }
        if (id === EOS_ID) break;
        if (id !== PAD_ID && id !== BOS_ID) written.push(all[id]);
      }
      return written;
    },
  };
}
