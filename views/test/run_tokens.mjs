// Does with texts and tokens what a JSON file says, and prints what came of it as JSON:
//   node run_tokens.mjs tasks.json
// A task is {description, texts, tokens, ids}; its result is {tokens, ids, texts, decoded}, or {error}.

import { readFileSync } from "node:fs";
import { tokenizer, vocabulary } from "../src/model/tokens.js";

function done({ description, texts = [], tokens = [], ids = [] }) {
  try {
    const { tokenize, detokenize } = tokenizer(description);
    const { encode, decode } = vocabulary(description.vocabulary);
    const split = texts.map(tokenize);
    return { tokens: split, ids: split.map(encode), texts: tokens.map(detokenize), decoded: ids.map(decode) };
  } catch (error) {
    return { error: error.message };
  }
}

const tasks = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(JSON.stringify(tasks.map(done)));
