// Text in, text and attention out: a model with its tokenizers and vocabularies.

import { some } from "../some.js";
import { visible } from "../visible.js";
import { twoPasts } from "./pasts.js";
import { mulberry32 } from "./random.js";
import { sample } from "./sampling.js";
import { beamSearch } from "./search.js";
import { seq2seq } from "./seq2seq.js";
import { textSearches } from "./text_searches.js";
import { BOS_ID, EOS_ID, PAD_ID, tokenizer, UNK_ID, vocabulary } from "./tokens.js";

const END = "</s>";
const BEAM_SIZE = 5; // as where the package is not told another
const TOP_P = 0.9; // of samples
const DIRECTIONS = ["forwards", "backwards"];

/**
 * @param {Object} stored what the script of a model holds.
 * @returns {Object<string, Function>} run, write, pasts, and those of text_searches.js
 */
export function pipeline(stored) {
  const model = seq2seq(stored);
  const source = { ...tokenizer(stored.source), ...vocabulary(stored.source.vocabulary) };
  const target = { ...tokenizer(stored.target), ...vocabulary(stored.target.vocabulary) };
  const ends = { bosId: BOS_ID, eosId: EOS_ID, padId: PAD_ID, maxOutputLength: stored.max_output_length, forbidden: [UNK_ID] };

  /** What the model makes of a text before it writes. Padding behind the text is read as if it were tokens. */
  function read(text, paddings = 0) {
    const tokens = source.tokenize(text);
    if (!tokens.length) throw new Error("Type something that the model can read.");
    expectAtMost(stored.max_source_length, "reads", tokens);
    const ids = source.encode(tokens);
    const encoded = model.encode([...ids, ...new Array(paddings).fill(PAD_ID)]);
    const unknown = tokens.filter((_, place) => ids[place] === UNK_ID);
    return { tokens, unknown, encoded, state: model.initialState(encoded) };
  }

  /** Read a text and write: what a live view shows. A seed is for samples. */
  function run(text, { search = "beam", seed = 0 } = {}) {
    const { tokens, unknown, encoded, state } = read(text);
    const best =
      search === "sample"
        ? sample(model.step, state, { ...ends, topP: TOP_P, random: mulberry32(seed) })
        : beamSearch(model.step, state, { ...ends, beamSize: BEAM_SIZE }).outputs[0];
    const written = target.decode(best.ids);
    const ended = best.ids[best.ids.length - 1] === EOS_ID;
    return {
      text,
      output_text: target.detokenize(written),
      source: [...tokens, END].map(visible),
      output: (ended ? [...written, END] : written).map(visible),
      weights: best.attentionWeights.map((weights) => Array.from(weights)),
      states: statesByDirection(encoded.outputs, model.config.bidirectional),
      unknown,
    };
  }

  /** Read a text and write, and nothing else. */
  function write(text, { beamSize = BEAM_SIZE, paddings = 0 } = {}) {
    const { state, unknown } = read(text, paddings);
    const [best] = beamSearch(model.step, state, { ...ends, beamSize }).outputs;
    return { text, output_text: target.detokenize(target.decode(best.ids)), unknown };
  }

  /** How likely the model finds the tokens of a true target, given the true past and given its own. */
  function pasts(text, truth) {
    const { state, unknown } = read(text);
    const tokens = target.tokenize(truth);
    if (!tokens.length) throw new Error("Type what would be right.");
    expectAtMost(stored.max_output_length - 1, "writes", tokens);
    const ids = target.encode(tokens);
    const strange = tokens.filter((_, place) => ids[place] === UNK_ID);
    if (strange.length) {
      throw new Error(`Expected only ${stored.target.vocabulary.join(" ")}, as the model writes them; received ${some(strange.map(visible), " ")}.`);
    }
    const { forced, own, written } = twoPasts(model.step, state, ids, ends);
    return { text, truth: [...tokens, END], forced, own, written: written.map((id) => target.tokens[id]), unknown };
  }

  return { run, write, pasts, ...textSearches({ step: model.step, read, ends, target }) };
}

function expectAtMost(longest, does, tokens) {
  if (tokens.length > longest) {
    throw new Error(`This is too long: the model ${does} ${longest} tokens at most; these are ${tokens.length}.`);
  }
}

/** The outputs of an encoder by the direction in which it read. */
function statesByDirection(outputs, bidirectional) {
  const units = outputs[0].length / (bidirectional ? 2 : 1);
  return DIRECTIONS.slice(0, bidirectional ? 2 : 1).map((name, direction) => ({
    name,
    backwards: name === "backwards",
    vectors: outputs.map((output) => Array.from(output.subarray(direction * units, (direction + 1) * units))),
  }));
}
