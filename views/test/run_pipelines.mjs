// Run trained pipelines on texts that a file names, and print what they write: see tests/tools/test_page_models.py.

import { readFileSync } from "node:fs";
import { pipeline } from "../src/model/pipeline.js";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const written = Object.fromEntries(
  Object.entries(cases).map(([name, { stored, texts, how = [] }]) => {
    const started = performance.now();
    const { run } = pipeline(stored);
    const runs = texts.map((text, place) => run(text, how[place]));
    return [name, { runs, milliseconds: (performance.now() - started) / texts.length }];
  }),
);
console.log(JSON.stringify(written));
