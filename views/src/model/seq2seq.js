// A sequence-to-sequence model from what its script holds: the ids of a source in, scores of next tokens out.

import { transposed } from "./arithmetic.js";
import { initialState, step, tableOf } from "./decoder.js";
import { encode } from "./encoder.js";
import { readWeights } from "./weights.js";

/**
 * @typedef {{
 *   config: Object, encode: (ids: number[]) => import("./encoder.js").Encoded,
 *   initialState: (encoded: import("./encoder.js").Encoded) => import("./decoder.js").State,
 *   step: import("./look_ahead.js").Step
 * }} Model
 */

/**
 * @param {{ config: Object, weights: Object<string, import("./weights.js").Stored> }} stored
 * @returns {Model}
 */
export function seq2seq(stored) {
  const config = stored.config;
  const weights = readWeights(stored.weights);
  if (config.tied_output) weights["output.kernel"] = transposed(tableOf(config, weights));
  return {
    config,
    encode: (ids) => encode(config, weights, ids),
    initialState: (encoded) => initialState(config, weights, encoded),
    step: (token, state) => step(config, weights, token, state),
  };
}
