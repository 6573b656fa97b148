// Run models on sources and targets that a file names, and print what they compute: see tests/tools/test_page_models.py.

import { readFileSync } from "node:fs";
import { seq2seq } from "../src/model/seq2seq.js";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const computed = Object.fromEntries(
  Object.entries(cases).map(([name, { stored, batches }]) => {
    const model = seq2seq(stored);
    return [name, batches.map(({ source, target }) => teacherForced(model, source, target))];
  }),
);
console.log(JSON.stringify(computed));

/** The logits and the attention weights of each step of a target, given its true tokens. */
function teacherForced(model, source, target) {
  let state = model.initialState(model.encode(source));
  return target.map((token) => {
    const result = model.step(token, state);
    state = result.state;
    return { logits: Array.from(result.logits), attention_weights: Array.from(result.attentionWeights) };
  });
}
