// Random numbers that come again: the same seed, the same numbers.

import { expect } from "./expected.js";

/**
 * A small generator with 32 bits of state: a counter, whose bits are mixed for each number. Good enough for drawing
 * tokens, and not for secrets.
 *
 * Source: mulberry32 by Tommy Ettinger, 2017, in the public domain,
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 *
 * @param {number} seed from 0 to 2 ** 32 - 1
 * @returns {function(): number} gives a number from 0 to below 1 at each call
 */
export function mulberry32(seed) {
  expect("seed", seed, Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32, "from 0 to 2 ** 32 - 1");
  let counter = seed;
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let bits = Math.imul(counter ^ (counter >>> 15), counter | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
