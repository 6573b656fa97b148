// The weights of a model, as they stand in a script: base64 of numbers of 16 or of 8 bits.

/**
 * A matrix or a vector of weights. A matrix lies row after row, a row for each number that comes in.
 * @typedef {{ values: Float32Array, rows: number, columns: number }} Weight
 *
 * What a script holds of a weight. Numbers of 8 bits are multiplied by a scale, of each row or of each column.
 * @typedef {{ shape: number[], float16?: string, int8?: string, scale?: string, by?: "row" | "column" }} Stored
 */

/**
 * Read the weights of a model.
 * @param {Object<string, Stored>} stored by name.
 * @returns {Object<string, Weight>}
 */
export function readWeights(stored) {
  return Object.fromEntries(Object.entries(stored).map(([name, weight]) => [name, readWeight(weight)]));
}

/** @param {Stored} stored @returns {Weight} */
function readWeight(stored) {
  const columns = stored.shape[stored.shape.length - 1];
  const rows = stored.shape.length === 1 ? 1 : stored.shape[0];
  const values = stored.float16 ? fromHalves(stored.float16) : fromBytes(stored, columns);
  if (values.length !== rows * columns) {
    throw new Error(`Expected ${rows} x ${columns} weights; received ${values.length}. Load the page again.`);
  }
  return { values, rows, columns };
}

/** Numbers of 16 bits: one for the sign, five for the exponent, ten for the fraction. */
function fromHalves(base64) {
  return new Float32Array(new Uint16Array(bytesOf(base64))).map((bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/**
 * Numbers of 8 bits, from -127 to 127, times the scale of their row or column.
 * @param {Stored} stored
 * @param {number} columns
 */
function fromBytes({ int8, scale, by }, columns) {
  const scales = new Float32Array(bytesOf(scale));
  const scaleOf = by === "row" ? (index) => scales[Math.floor(index / columns)] : (index) => scales[index % columns];
  return new Float32Array(new Int8Array(bytesOf(int8))).map((value, index) => value * scaleOf(index));
}

function bytesOf(base64) {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = characters.charCodeAt(place);
  return bytes.buffer;
}
