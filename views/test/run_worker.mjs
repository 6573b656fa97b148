// Sends messages to the worker of the models, and prints in which order it answers: see
// tests/tools/test_page_text_searches.py. The messages come at once, and the last of them is sent when `after` of them
// are answered.

import { readFileSync } from "node:fs";

const { messages, after } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const answers = [];
globalThis.self = {
  postMessage(answer) {
    answers.push(answer);
    if (answers.length === after) setTimeout(() => self.onmessage({ data: messages.at(-1) }));
  },
};
await import("../src/model/worker.js");
for (const data of messages.slice(0, -1)) self.onmessage({ data });
process.on("exit", () => console.log(JSON.stringify(answers.map(({ number, error }) => ({ number, error })))));
