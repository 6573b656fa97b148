// The encoder: the ids of a source in, one vector for each of them and the final states out.

import { joined, rowOf, sum } from "./arithmetic.js";
import { CELLS, cellOf, zeros } from "./cells.js";

/** @typedef {import("./weights.js").Weight} Weight */

/**
 * What the encoder makes of a source.
 * @typedef {{ outputs: Float64Array[], states: Float64Array[][] }} Encoded
 * outputs: one a token, the forward part before the backward one; states: of each layer its final states.
 */

/**
 * Read a source.
 * @param {Object} config of the model.
 * @param {Object<string, Weight>} weights
 * @param {number[]} ids
 * @returns {Encoded}
 */
export function encode(config, weights, ids) {
  if (!ids.length) throw new Error("Expected a source of at least one token; received none. Type something.");
  let outputs = ids.map((id) => Float64Array.from(rowOf(weights["encoder.embedding"], id)));
  if (config.shared_embedding && config.tied_output) outputs = outputs.map(scaled);
  const states = [];
  for (let layer = 0; layer < config.encoder_layers; layer++) {
    const inputs = outputs;
    const forward = readThrough(config, cellOf(weights, `encoder.${layer}.forward`), inputs);
    if (config.bidirectional) {
      const backward = readThrough(config, cellOf(weights, `encoder.${layer}.backward`), [...inputs].reverse());
      backward.outputs.reverse();
      outputs = forward.outputs.map((output, place) => joined(output, backward.outputs[place]));
      states.push(forward.states.map((state, kind) => joined(state, backward.states[kind])));
    } else {
      outputs = forward.outputs;
      states.push(forward.states);
    }
    if (config.residual && layer > 0) outputs = outputs.map((output, place) => sum(output, inputs[place]));
  }
  return { outputs, states };
}

/** Let a cell go through inputs, one after the other: its outputs, and its states after the last. */
function readThrough(config, cell, inputs) {
  const { step, states: count } = CELLS[config.cell];
  let states = zeros(count, config.encoder_units);
  const outputs = inputs.map((input) => (states = step(cell, input, states))[0]);
  return { outputs, states };
}

/** What is looked up in a table that also makes the output is multiplied by the root of its width. */
export function scaled(embedded) {
  return embedded.map((value) => value * Math.sqrt(embedded.length));
}
