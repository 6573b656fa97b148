// Ask trained pipelines what a file names, and print their answers: see tests/tools/test_page_views.py.
//   node ask_pipelines.mjs TASKS.json
// A task is {stored, asked}: the questions to one pipeline, each a list of a function's name and what it is given. An
// answer is what it returns, or {error}.

import { readFileSync } from "node:fs";
import { pipeline } from "../src/model/pipeline.js";

function answers({ stored, asked }) {
  const made = pipeline(stored);
  return asked.map(([question, ...given]) => {
    try {
      return made[question](...given);
    } catch (error) {
      return { error: error.message };
    }
  });
}

const tasks = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(tasks.map(answers)));
