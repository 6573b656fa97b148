// One step of a recurrent cell: an input and the states before it in, the states after it out. The first of
// the states is the hidden one, which is also what the cell gives out.

import { addProduct, affine, rowOf, sigmoid } from "./arithmetic.js";

/** @typedef {import("./weights.js").Weight} Weight */

/** @typedef {{ kernel: Weight, recurrentKernel: Weight, bias: Weight }} Cell */

/**
 * Long short-term memory. Its four gates lie one after the other: input, forget, candidate, output.
 * @param {Cell} cell
 * @param {Float64Array} input
 * @param {Float64Array[]} states hidden state and cell state.
 * @returns {Float64Array[]}
 */
export function lstm({ kernel, recurrentKernel, bias }, input, [hidden, memory]) {
  const units = hidden.length;
  const gates = addProduct(affine(input, kernel, bias), hidden, recurrentKernel);
  const newHidden = new Float64Array(units);
  const newMemory = new Float64Array(units);
  for (let unit = 0; unit < units; unit++) {
    const write = sigmoid(gates[unit]);
    const keep = sigmoid(gates[units + unit]);
    const candidate = Math.tanh(gates[2 * units + unit]);
    const show = sigmoid(gates[3 * units + unit]);
    newMemory[unit] = keep * memory[unit] + write * candidate;
    newHidden[unit] = show * Math.tanh(newMemory[unit]);
  }
  return [newHidden, newMemory];
}

/**
 * Gated recurrent unit. Its gates: update, reset, candidate; the reset gate acts on the recurrent product. The
 * first row of the bias goes with the input, the second with the hidden state.
 * @param {Cell} cell
 * @param {Float64Array} input
 * @param {Float64Array[]} states the hidden state.
 * @returns {Float64Array[]}
 */
export function gru({ kernel, recurrentKernel, bias }, input, [hidden]) {
  const units = hidden.length;
  const fresh = addProduct(Float64Array.from(rowOf(bias, 0)), input, kernel);
  const recalled = addProduct(Float64Array.from(rowOf(bias, 1)), hidden, recurrentKernel);
  const newHidden = new Float64Array(units);
  for (let unit = 0; unit < units; unit++) {
    const update = sigmoid(fresh[unit] + recalled[unit]);
    const reset = sigmoid(fresh[units + unit] + recalled[units + unit]);
    const candidate = Math.tanh(fresh[2 * units + unit] + reset * recalled[2 * units + unit]);
    newHidden[unit] = update * hidden[unit] + (1 - update) * candidate;
  }
  return [newHidden];
}

export const CELLS = { lstm: { step: lstm, states: 2 }, gru: { step: gru, states: 1 } };

/** States of zeros, before the first step. */
export function zeros(count, units) {
  return Array.from({ length: count }, () => new Float64Array(units));
}

/** The weights of a cell, by its name: kernel, recurrent kernel and bias. */
export function cellOf(weights, name) {
  const [kernel, recurrentKernel, bias] = ["kernel", "recurrent_kernel", "bias"].map((part) => weights[`${name}.${part}`]);
  return { kernel, recurrentKernel, bias };
}
