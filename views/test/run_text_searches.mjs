// Asks a pipeline questions that a file names, and prints the answers: see tests/tools/test_page_text_searches.py.
// A question that takes long, a generator, is asked until it answers.

import { readFileSync } from "node:fs";
import { pipeline } from "../src/model/pipeline.js";

const { stored, questions } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const model = pipeline(stored);

function answerOf([question, ...given]) {
  const answer = model[question](...given);
  if (typeof answer.next !== "function") return answer;
  let steps = 0;
  let at = answer.next();
  for (; !at.done; at = answer.next()) steps = at.value;
  return { ...at.value, stopped: steps };
}

console.log(JSON.stringify(questions.map(answerOf)));
