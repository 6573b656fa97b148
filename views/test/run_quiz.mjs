// Answers questions of quizzes as a JSON file says, and prints the feedback as JSON:
//   node run_quiz.mjs tasks.json
// A task is {script, facts, typed}: the quiz's script, what its field of a number knows, what is typed into it.

import { readFileSync } from "node:fs";

function answered({ script, facts, typed }) {
  const page = {};
  new Function("window", readFileSync(script, "utf8"))(page);
  const field = { value: typed, dataset: { facts: JSON.stringify(facts) } };
  const status = { innerHTML: "" };
  page.answerQuiz({ querySelectorAll: () => [field], querySelector: () => status });
  return status.innerHTML;
}

const tasks = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(JSON.stringify(tasks.map(answered)));
