// Sampling: draw an output at random, as likely as the model finds it, or nearly.

import { optionsOf } from "./expected.js";
import { begin, grow, outputOf } from "./hypotheses.js";
import { ENDS, lookAhead } from "./look_ahead.js";
import { samplingProbabilities } from "./probabilities.js";

/**
 * @typedef {Object} Sampling
 * @property {number} temperature the filters, as in `samplingProbabilities`; 1, null and null are the defaults
 * @property {?number} topK
 * @property {?number} topP
 * @property {function(): number} random gives a number from 0 to below 1 at each call, such as `mulberry32(0)`
 */

/**
 * Draw an output, token by token.
 *
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} state of the model before the first token
 * @param {import("./look_ahead.js").Ends & Partial<Sampling>} given
 * @returns {?import("./hypotheses.js").Output} its score is the log-probability, and this the model's own, at
 *   temperature 1 and with all tokens possible. null where what is forbidden leaves no token.
 */
export function sample(step, state, given) {
  const options = optionsOf(given, { ...ENDS, temperature: 1, topK: null, topP: null, random: undefined });
  const { bosId, eosId, maxOutputLength, temperature, topK, topP, random } = options;
  const whatMayFollow = lookAhead(step, options);
  let hypothesis = begin(bosId, state);
  do {
    const next = whatMayFollow(hypothesis);
    const token = draw(samplingProbabilities(next.logProbs, { temperature, topK, topP }), random());
    if (token === null) return null;
    hypothesis = grow(hypothesis, token, next);
  } while (hypothesis.token !== eosId && hypothesis.length < maxOutputLength);
  return outputOf(hypothesis, hypothesis.logProbability);
}

/**
 * Draw one token: lay the probabilities side by side, and see where the number falls.
 *
 * @param {Float64Array} probabilities (vocabulary)
 * @param {number} number from 0 to below 1
 * @returns {?number} null where all probabilities are 0
 */
function draw(probabilities, number) {
  const total = probabilities.reduce((sum, probability) => sum + probability, 0);
  let upToHere = 0;
  for (const [token, probability] of probabilities.entries()) {
    upToHere += probability;
    if (upToHere > number * total) return token;
  }
  return null;
}
