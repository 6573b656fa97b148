// Attention: weigh the positions of the source by how well they fit a query, the state of the decoder.

import { affine, dot, softmax, sum, tanh } from "./arithmetic.js";

/** @typedef {import("./weights.js").Weight} Weight */

/** @typedef {{ context: Float64Array, weights: Float64Array }} Attended context: the weighted sum of the values. */

/**
 * Do the part of the scores that depends on the source alone, once for all queries.
 * @param {Object} config of the model.
 * @param {Object<string, Weight>} weights
 * @param {Float64Array[]} outputs of the encoder.
 * @returns {Float64Array[]} keys.
 */
export function projectKeys(config, weights, outputs) {
  if (["none", "luong_dot"].includes(config.attention)) return outputs;
  return outputs.map((output) => affine(output, weights["attention.key_kernel"]));
}

/**
 * Attend.
 * @param {Object} config
 * @param {Object<string, Weight>} weights
 * @param {Float64Array} query
 * @param {{ keys: Float64Array[], values: Float64Array[] }} source
 * @returns {Attended}
 */
export function attend(config, weights, query, { keys, values }) {
  if (config.attention === "none") return { context: new Float64Array(0), weights: new Float64Array(keys.length) };
  const scores = scoresOf(config, weights, query, keys).map((score) => score / config.temperature);
  const attention = softmax(scores);
  const context = new Float64Array(values[0].length);
  values.forEach((value, place) => value.forEach((number, index) => (context[index] += attention[place] * number)));
  return { context, weights: attention };
}

/** dot: query . key; general: query . W key; additive (concat, Bahdanau): v . tanh(W_q query + W_k key). */
function scoresOf(config, weights, query, keys) {
  if (["luong_dot", "luong_general"].includes(config.attention)) return keys.map((key) => dot(query, key));
  const projected = affine(query, weights["attention.query_kernel"]);
  return keys.map((key) => dot(tanh(sum(projected, key)), weights["attention.v"].values));
}
