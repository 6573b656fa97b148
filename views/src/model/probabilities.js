// From logits to probabilities, and the filters that sampling puts between the two.

import { optionsOf } from "./expected.js";

/**
 * Turn logits into log-probabilities: logit - log(sum over the vocabulary of exp(logit)).
 *
 * The sum is made in double precision, and both it and what comes out are rounded to single precision, as in the
 * package's searches. Sums of a few such numbers are exact, so outputs of the same tokens in another order tie.
 *
 * @param {ArrayLike<number>} logits (vocabulary); -Infinity for a token that is impossible
 * @returns {Float32Array} (vocabulary), in nats
 */
export function logSoftmax(logits) {
  const values = new Float32Array(logits);
  const highest = values.reduce((one, other) => Math.max(one, other), -Infinity);
  const total = values.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  const normaliser = Math.fround(highest + Math.log(total));
  if (!Number.isFinite(normaliser)) {
    throw new RangeError("Expected finite logits from step; received NaN, infinity, or nothing but -infinity.");
  }
  return values.map((value) => value - normaliser);
}

/**
 * Turn logits into probabilities, in double precision.
 *
 * @param {ArrayLike<number>} logits (vocabulary)
 * @param {number} temperature above 0; below 1 makes likely tokens likelier
 * @returns {Float64Array} (vocabulary). They sum to 1, or to 0 where every logit is -Infinity.
 */
export function softmax(logits, temperature = 1) {
  const values = new Float64Array(logits);
  const highest = values.reduce((one, other) => Math.max(one, other), -Infinity);
  if (highest === -Infinity) return new Float64Array(values.length);
  return scaled(values.map((value) => Math.exp((value - highest) / temperature)));
}

/**
 * Find the tokens with the highest logits, in one pass.
 *
 * @param {ArrayLike<number>} logits (vocabulary); -Infinity for a token that is impossible
 * @param {number} count
 * @returns {number[]} at most so many tokens, the likeliest first, of equal ones the smaller first; none that is
 *   impossible
 */
export function likeliest(logits, count) {
  const tokens = [];
  for (let token = 0; token < logits.length; token += 1) {
    const last = tokens.length === count ? logits[tokens[count - 1]] : -Infinity;
    if (logits[token] <= last) continue;
    const behind = tokens.findIndex((other) => logits[other] < logits[token]);
    tokens.splice(behind === -1 ? tokens.length : behind, 0, token);
    if (tokens.length > count) tokens.pop();
  }
  return tokens;
}

/**
 * Turn logits into the probabilities that tokens are drawn with.
 *
 * The filters come in this order, and each scales what it leaves to sum to 1: temperature, topK, topP.
 *
 * @param {ArrayLike<number>} logits (vocabulary); -Infinity rules a token out
 * @param {Object} [filters]
 * @param {number} [filters.temperature] 0 or greater; 0 takes the likeliest token, of equal ones the smallest
 * @param {?number} [filters.topK] so many of the likeliest tokens are left
 * @param {?number} [filters.topP] the fewest likeliest tokens that together have at least this probability are left
 * @returns {Float64Array} (vocabulary). They sum to 1, or to 0 where every token is ruled out.
 */
export function samplingProbabilities(logits, filters = {}) {
  const { temperature, topK, topP } = optionsOf(filters, { temperature: 1, topK: null, topP: null });
  if (temperature === 0) {
    const [token] = likeliest(logits, 1);
    return new Float64Array(logits.length).map((_, id) => (id === token ? 1 : 0));
  }
  let probabilities = softmax(logits, temperature);
  if (topK !== null) probabilities = keepFirst(probabilities, (before, rank) => rank < topK);
  if (topP !== null) probabilities = keepFirst(probabilities, (before) => before < topP);
  return probabilities;
}

/**
 * Keep the likeliest tokens, as far as `wanted` says; of equal ones the smaller id comes first.
 *
 * @param {Float64Array} probabilities (vocabulary)
 * @param {function(number, number): boolean} wanted takes the probability of all tokens before one, and their number
 * @returns {Float64Array} (vocabulary)
 */
function keepFirst(probabilities, wanted) {
  const byProbability = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  const kept = new Float64Array(probabilities.length);
  let upToHere = 0;
  byProbability.forEach((token, rank) => {
    upToHere += probabilities[token];
    if (wanted(upToHere - probabilities[token], rank)) kept[token] = probabilities[token];
  });
  return scaled(kept);
}

function scaled(probabilities) {
  const total = probabilities.reduce((sum, probability) => sum + probability, 0);
  return total > 0 ? probabilities.map((probability) => probability / total) : probabilities;
}
