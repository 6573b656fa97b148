// Scoring: what hypotheses of different lengths are compared by.
//
// score = logProbability / ((5 + length) / 6) ** lengthPenalty + coveragePenalty * covered     ("gnmt")
// score = logProbability / length ** lengthPenalty             + coveragePenalty * covered  ("average")
//
// Source: Wu et al. 2016, section 7, arXiv:1609.08144.

const LEAST_COVERAGE = 1e-6; // so that a source token that nothing attended to has a logarithm

/**
 * @typedef {Object} Scoring
 * @property {number} lengthPenalty 0 or greater; 0 compares log-probabilities, which favours short outputs
 * @property {"gnmt"|"average"} lengthFormula
 * @property {number} coveragePenalty 0 or greater
 */

/** @type {Scoring} */
export const SCORING = { lengthPenalty: 0, lengthFormula: "gnmt", coveragePenalty: 0 };

/**
 * Divide a log-probability by the length penalty.
 *
 * @param {number} logProbability in nats
 * @param {number} length in tokens, 1 or more
 * @param {Scoring} scoring
 * @returns {number}
 */
export function normalise(logProbability, length, { lengthPenalty, lengthFormula }) {
  const base = lengthFormula === "gnmt" ? (5 + length) / 6 : length;
  return logProbability / base ** lengthPenalty;
}

/**
 * The coverage penalty: 0 where every source token got its full weight, else below.
 *
 * covered = sum over source tokens of log(min(1, attention weights of all steps on that token)), where less than
 * 1e-6 counts as 1e-6
 *
 * @param {?ArrayLike<number>[]} attentionWeights (length)(source length), or null where the model returns none
 * @param {Scoring} scoring
 * @returns {number}
 */
export function covered(attentionWeights, { coveragePenalty }) {
  if (coveragePenalty === 0) return 0;
  if (!attentionWeights) {
    throw new RangeError(
      "Expected attentionWeights from step, as coveragePenalty needs them; received none. Leave coveragePenalty out.",
    );
  }
  let logarithms = 0;
  for (let source = 0; source < attentionWeights[0].length; source += 1) {
    const coverage = attentionWeights.reduce((sum, weights) => sum + weights[source], 0);
    logarithms += Math.log(Math.min(1, Math.max(LEAST_COVERAGE, coverage)));
  }
  return coveragePenalty * logarithms;
}
