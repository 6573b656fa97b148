// The arithmetic of a model: vectors are Float64Array, weights are matrices of Float32Array (see weights.js).

/** @typedef {import("./weights.js").Weight} Weight */

/**
 * inputs kernel + bias
 * @param {Float64Array} inputs of as many numbers as the kernel has rows.
 * @param {Weight} kernel
 * @param {Weight} [bias] one row.
 * @returns {Float64Array} of as many numbers as the kernel has columns.
 */
export function affine(inputs, kernel, bias) {
  const outputs = bias ? Float64Array.from(bias.values) : new Float64Array(kernel.columns);
  return addProduct(outputs, inputs, kernel);
}

/** Add inputs kernel to the outputs, in place: four rows at a time, which takes half as long as one by one. */
export function addProduct(outputs, inputs, { values, columns }) {
  const fours = inputs.length - (inputs.length % 4);
  for (let row = 0; row < fours; row += 4) {
    const [a, b, c, d] = [inputs[row], inputs[row + 1], inputs[row + 2], inputs[row + 3]];
    for (let column = 0, at = row * columns; column < columns; column++, at++) {
      outputs[column] +=
        a * values[at] + b * values[at + columns] + c * values[at + 2 * columns] + d * values[at + 3 * columns];
    }
  }
  for (let row = fours; row < inputs.length; row++) {
    for (let column = 0; column < columns; column++) outputs[column] += inputs[row] * values[row * columns + column];
  }
  return outputs;
}

/** The sum of the products of two vectors. */
export function dot(one, other) {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index] * other[index];
  return sum;
}

/** A row of a matrix. */
export function rowOf({ values, columns }, row) {
  return values.subarray(row * columns, (row + 1) * columns);
}

/** A matrix whose rows are the columns of another. */
export function transposed({ values, rows, columns }) {
  const turned = values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
  return { values: turned, rows: columns, columns: rows };
}

/** Vectors one after the other. */
export function joined(...vectors) {
  const all = new Float64Array(vectors.reduce((length, vector) => length + vector.length, 0));
  let end = 0;
  for (const vector of vectors) {
    all.set(vector, end);
    end += vector.length;
  }
  return all;
}

/** A vector plus another. */
export function sum(one, other) {
  return one.map((value, index) => value + other[index]);
}

export function sigmoid(value) {
  return 1 / (1 + Math.exp(-value));
}

export function tanh(vector) {
  return vector.map(Math.tanh);
}

/** Positive numbers that sum to 1, in proportion to exp(scores). */
export function softmax(scores) {
  const highest = Math.max(...scores);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - highest));
  const total = powers.reduce((before, power) => before + power, 0);
  return powers.map((power) => power / total);
}
