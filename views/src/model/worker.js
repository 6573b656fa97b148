// The models of a page in a thread of their own, so that typing never waits for them. A message is a question to one
// of them, by the name of a function of its pipeline; or it brings a model, before the first question to it.

import { pipeline } from "./pipeline.js";

const pipelines = new Map();

self.onmessage = ({ data: { number, name, stored, question, given } }) => {
  try {
    if (stored) pipelines.set(name, pipeline(stored));
    self.postMessage({ number, answer: question && pipelines.get(name)[question](...given) });
  } catch (error) {
    self.postMessage({ number, error: error.message });
  }
};
