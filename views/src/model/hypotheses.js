// Hypotheses: each is its parent, and one token more. So they form a tree, and children share what is before them.

/**
 * @typedef {Object} Hypothesis
 * @property {?Hypothesis} parent null for the empty output
 * @property {number} token written last; for the empty output the begin token
 * @property {number} length in tokens
 * @property {number} tokenLogProbability of the last token, in nats
 * @property {number} logProbability of all tokens, in nats
 * @property {Object} state of the model, before it read the last token
 * @property {?Float64Array} attentionWeights (source length), of the step that wrote the last token
 */

/**
 * @typedef {Object} Output what a search returns of a hypothesis
 * @property {number[]} ids (length), the end token included
 * @property {number} logProbability in nats
 * @property {number} score what outputs were ranked by
 * @property {number[]} tokenLogProbabilities (length), in nats
 * @property {?Float64Array[]} attentionWeights (length)(source length), or null where the model returns none
 */

/**
 * The empty output.
 *
 * @param {number} bosId
 * @param {Object} state
 * @returns {Hypothesis}
 */
export function begin(bosId, state) {
  const certain = { tokenLogProbability: 0, logProbability: 0 };
  return { parent: null, token: bosId, length: 0, ...certain, state, attentionWeights: null };
}

/**
 * @param {Hypothesis} parent
 * @param {number} token
 * @param {import("./look_ahead.js").Next} next what may come after the parent
 * @returns {Hypothesis}
 */
export function grow(parent, token, next) {
  const tokenLogProbability = next.logProbs[token];
  return {
    parent,
    token,
    length: parent.length + 1,
    tokenLogProbability,
    logProbability: parent.logProbability + tokenLogProbability,
    state: next.state,
    attentionWeights: next.attentionWeights,
  };
}

/**
 * @param {Hypothesis} hypothesis
 * @returns {?Float64Array[]} the attention weights of each token, or null
 */
export function attentionOf(hypothesis) {
  return hypothesis.attentionWeights ? pathTo(hypothesis).map((one) => one.attentionWeights) : null;
}

/**
 * @param {Hypothesis} hypothesis
 * @param {number} score
 * @returns {Output}
 */
export function outputOf(hypothesis, score) {
  const path = pathTo(hypothesis);
  return {
    ids: path.map((one) => one.token),
    logProbability: hypothesis.logProbability,
    score,
    tokenLogProbabilities: path.map((one) => one.tokenLogProbability),
    attentionWeights: attentionOf(hypothesis),
  };
}

/** The hypotheses from the first token to this one. */
function pathTo(hypothesis) {
  const path = [];
  for (let one = hypothesis; one.parent; one = one.parent) path.unshift(one);
  return path;
}
