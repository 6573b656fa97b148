// The decoder: one token in, a score for each token that may come next out.

import { addProduct, affine, joined, rowOf, sum, tanh } from "./arithmetic.js";
import { attend, projectKeys } from "./attention.js";
import { CELLS, cellOf } from "./cells.js";
import { scaled } from "./encoder.js";

/** @typedef {import("./weights.js").Weight} Weight */

/**
 * What decoding goes on with; a step makes a new one, and leaves the old one as it is.
 * @typedef {{
 *   source: { keys: Float64Array[], values: Float64Array[] },
 *   recurrent: Float64Array[][], attended: Float64Array
 * }} State
 */

/**
 * The state before the first step. Layer i begins from layer i of the encoder, or from its last one.
 * @param {Object} config of the model.
 * @param {Object<string, Weight>} weights
 * @param {import("./encoder.js").Encoded} encoded
 * @returns {State}
 */
export function initialState(config, weights, { outputs, states }) {
  let bridge = 0;
  const recurrent = Array.from({ length: config.decoder_layers }, (_, layer) =>
    states[Math.min(layer, states.length - 1)].map((state) => {
      const name = `bridge.${bridge++}`;
      return tanh(affine(state, weights[`${name}.kernel`], weights[`${name}.bias`]));
    }),
  );
  return {
    source: { keys: projectKeys(config, weights, outputs), values: outputs },
    recurrent,
    attended: new Float64Array(config.decoder_units),
  };
}

/**
 * Decode one token.
 * @param {Object} config
 * @param {Object<string, Weight>} weights
 * @param {number} token the id chosen last; the begin token at first.
 * @param {State} state
 * @returns {{ logits: Float64Array, state: State, attentionWeights: Float64Array }}
 */
export function step(config, weights, token, state) {
  const intoRnn = config.attention_order === "into_rnn";
  const parts = [embed(config, weights, token)];
  let attention;
  if (intoRnn) {
    const [before] = state.recurrent[state.recurrent.length - 1];
    attention = attend(config, weights, before, state.source);
    parts.push(attention.context);
  }
  if (config.input_feeding) parts.push(state.attended);

  let outputs = joined(...parts);
  const recurrent = state.recurrent.map((states, layer) => {
    const after = CELLS[config.cell].step(cellOf(weights, `decoder.${layer}`), outputs, states);
    outputs = config.residual && layer > 0 ? sum(after[0], outputs) : after[0];
    return after;
  });
  if (!intoRnn) attention = attend(config, weights, outputs, state.source);

  const read = joined(attention.context, outputs);
  const attended = tanh(affine(read, weights["attended.kernel"], weights["attended.bias"]));
  return {
    logits: scoreVocabulary(weights, attended),
    state: { source: state.source, recurrent, attended },
    attentionWeights: attention.weights,
  };
}

function embed(config, weights, token) {
  const embedded = Float64Array.from(rowOf(tableOf(config, weights), token));
  return config.tied_output ? scaled(embedded) : embedded;
}

/** The table in which the decoder looks its tokens up. */
export function tableOf(config, weights) {
  return weights[config.shared_embedding ? "encoder.embedding" : "decoder.embedding"];
}

/** A score for each token. */
function scoreVocabulary(weights, attended) {
  const projection = weights["output.projection"];
  const vector = projection ? addProduct(new Float64Array(projection.columns), attended, projection) : attended;
  return affine(vector, weights["output.kernel"], weights["output.bias"]);
}
