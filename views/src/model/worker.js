// The models of a page in a thread of their own, so that typing never waits for them. A message is a question to one
// of them, by the name of a function of its pipeline; or it brings a model, before the first question to it; or it
// drops a question that takes long.

import { pipeline } from "./pipeline.js";

const SLICE = 15; // milliseconds of a long question, after which others have their turn
const pipelines = new Map();
const atWork = new Set(); // the numbers of the long questions

self.onmessage = ({ data: { drop, number, name, stored, question, given } }) => {
  if (drop) {
    atWork.delete(drop);
    return;
  }
  attempt(number, () => {
    if (stored) pipelines.set(name, pipeline(stored));
    const answer = question && pipelines.get(name)[question](...given);
    if (typeof answer?.next !== "function") {
      self.postMessage({ number, answer });
      return;
    }
    atWork.add(number);
    goOn(number, answer);
  });
};

/** A long question is a generator: it stops after each step, and returns the answer. */
function goOn(number, steps) {
  const end = performance.now() + SLICE;
  let at = steps.next();
  while (!at.done && performance.now() < end) at = steps.next();
  if (at.done) {
    atWork.delete(number);
    self.postMessage({ number, answer: at.value });
  } else {
    setTimeout(() => atWork.has(number) && attempt(number, () => goOn(number, steps)));
  }
}

function attempt(number, todo) {
  try {
    todo();
  } catch (error) {
    self.postMessage({ number, error: error.message });
  }
}
