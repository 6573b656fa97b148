// Run searches of scripted models: `node run_searches.mjs CASES.json` prints what each case gives, as a list in JSON.
//
// A case names what to `run`, with its `options`. A model is a `table` of logits, a row for each node of the tree of
// prefixes (tests/helpers/scripted.py says how they are numbered), and perhaps one of `attention` weights. Where JSON
// has no -Infinity, null means it.
import { readFile } from "node:fs/promises";
import { exactSearch } from "../src/model/exact.js";
import { logSoftmax, samplingProbabilities } from "../src/model/probabilities.js";
import { mulberry32 } from "../src/model/random.js";
import { sample } from "../src/model/sampling.js";
import { beamSearch, greedySearch } from "../src/model/search.js";

const logitsOf = (row) => Float32Array.from(row, (logit) => logit ?? -Infinity);

const start = Object.freeze({ node: -1 });

function scripted({ table, attention }) {
  return (token, { node }) => {
    const here = node < 0 ? 0 : (node * table[0].length + 1 + token) % table.length;
    const attentionWeights = attention ? Float32Array.from(attention[here]) : undefined;
    return { logits: logitsOf(table[here]), state: Object.freeze({ node: here }), attentionWeights };
  };
}

function numbersOf({ numbers }) {
  const left = [...numbers];
  return () => left.shift();
}

const RUN = {
  greedySearch: (model, options) => greedySearch(scripted(model), start, options),
  beamSearch: (model, options) => beamSearch(scripted(model), start, options),
  exactSearch: (model, options) => exactSearch(scripted(model), start, options),
  sample: (model, options) => sample(scripted(model), start, { random: numbersOf(model), ...options }),
  logSoftmax: ({ logits }) => logSoftmax(logitsOf(logits)),
  samplingProbabilities: ({ logits }, options) => samplingProbabilities(logitsOf(logits), options),
  mulberry32: ({ seed, count }) => Array.from({ length: count }, mulberry32(seed)),
};

function resultOf(one) {
  try {
    return RUN[one.run](one, one.options);
  } catch (error) {
    return { error: error.message };
  }
}

const cases = JSON.parse(await readFile(process.argv[2], "utf8"));
const plain = (name, value) => (ArrayBuffer.isView(value) ? [...value] : value);
console.log(JSON.stringify(cases.map(resultOf), plain));
