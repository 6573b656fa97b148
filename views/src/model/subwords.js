// Subwords: pieces of words, with a score each, learned by the library SentencePiece. A text is split into pieces as
// that library does it: by joining neighbours ("bpe"), or by the likeliest of all ways to split it ("unigram").

import { splitAtBlanks } from "./text.js";

const WORD_BEGIN = "▁"; // U+2581. A "▁" in a text counts as a blank.
const UNKNOWN_PENALTY = 10; // nats, which a character that no piece holds costs more than the worst piece

/**
 * Makes a tokenizer of trained pieces.
 * @param {"bpe" | "unigram"} kind
 * @param {[string, number][]} pieces  Each with its score: of bpe the rank, of unigram the log-probability in nats.
 * @returns {{tokenize: (text: string) => string[], detokenize: (tokens: string[]) => string}}
 */
export function subwords(kind, pieces) {
  const scores = new Map(pieces.map(([piece, score]) => [piece, Math.fround(score)]));
  const worst = Math.min(...scores.values());
  const longest = Math.max(...pieces.map(([piece]) => [...piece].length)); // characters
  const blanks = (text) => text.replaceAll(WORD_BEGIN, " ");
  return {
    tokenize(text) {
      const words = splitAtBlanks(blanks(text)).map((word) => [...(WORD_BEGIN + word)]);
      // No piece goes beyond a word. Only the sums of unigram go on from word to word.
      const parts =
        kind === "bpe"
          ? words.flatMap((word) => joined(word, scores))
          : likeliest(words.flat(), scores, longest, Math.fround(worst - UNKNOWN_PENALTY));
      return withUnknownJoined(parts, scores);
    },
    detokenize: (tokens) => splitAtBlanks(blanks(tokens.join(""))).join(" "),
  };
}

/**
 * Byte-pair encoding: of all neighbours that make a piece, join those of the best one, the leftmost first; and again,
 * until no two neighbours make a piece.
 * @param {string[]} characters
 * @param {Map<string, number>} scores
 * @returns {string[]}
 */
function joined(characters, scores) {
  const parts = [...characters];
  const scoreAt = (place) => scores.get(parts[place] + parts[place + 1]) ?? -Infinity;
  const ofPairs = parts.slice(1).map((_, place) => scoreAt(place)); // of each part and the next: few change at a time
  for (;;) {
    let best = -1;
    let bestScore = -Infinity;
    for (let place = 0; place < ofPairs.length; place += 1) {
      if (ofPairs[place] > bestScore) [best, bestScore] = [place, ofPairs[place]];
    }
    if (best === -1) return parts;
    parts.splice(best, 2, parts[best] + parts[best + 1]);
    ofPairs.splice(best, 1);
    if (best > 0) ofPairs[best - 1] = scoreAt(best - 1);
    if (best < ofPairs.length) ofPairs[best] = scoreAt(best);
  }
}

/**
 * The Viterbi algorithm: of all ways to split the characters into pieces, the one whose scores have the greatest sum.
 * Sums are kept as 32-bit floats, as SentencePiece keeps them, so that it is the same one where two come close.
 * @param {string[]} characters
 * @param {Map<string, number>} scores
 * @param {number} longest  Characters of the longest piece.
 * @param {number} unknownScore  Of a character that is no piece.
 * @returns {string[]}
 */
function likeliest(characters, scores, longest, unknownScore) {
  const bestSum = new Array(characters.length + 1).fill(-Infinity); // of the characters before each place
  const lastBegin = new Array(characters.length + 1).fill(0); // where the last piece of that way begins
  bestSum[0] = 0;
  for (let begin = 0; begin < characters.length; begin += 1) {
    let piece = "";
    for (let end = begin + 1; end <= Math.min(begin + longest, characters.length); end += 1) {
      piece += characters[end - 1];
      const score = scores.get(piece) ?? (end === begin + 1 ? unknownScore : -Infinity);
      const sum = Math.fround(bestSum[begin] + score);
      if (sum > bestSum[end]) [bestSum[end], lastBegin[end]] = [sum, begin];
    }
  }
  const parts = [];
  for (let end = characters.length; end > 0; end = lastBegin[end]) {
    parts.unshift(characters.slice(lastBegin[end], end).join(""));
  }
  return parts;
}

// Neighbours that are no pieces become one token.
function withUnknownJoined(parts, scores) {
  const tokens = [];
  let afterUnknown = false;
  for (const part of parts) {
    const unknown = !scores.has(part);
    if (unknown && afterUnknown) tokens[tokens.length - 1] += part;
    else tokens.push(part);
    afterUnknown = unknown;
  }
  return tokens;
}
