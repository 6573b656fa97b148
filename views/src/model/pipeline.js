// Text in, text and attention out: a model with its tokenizers and vocabularies.

import { visible } from "../visible.js";
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
 * @returns {Object<string, Function>} run, and those of text_searches.js
 */
export function pipeline(stored) {
  const model = seq2seq(stored);
  const source = { ...tokenizer(stored.source), ...vocabulary(stored.source.vocabulary) };
  const target = { ...tokenizer(stored.target), ...vocabulary(stored.target.vocabulary) };
  const ends = { bosId: BOS_ID, eosId: EOS_ID, padId: PAD_ID, maxOutputLength: stored.max_output_length, forbidden: [UNK_ID] };

  /** What the model makes of a text before it writes. */
  function read(text) {
    const tokens = source.tokenize(text);
    if (!tokens.length) throw new Error("Type something that the model can read.");
    if (tokens.length > stored.max_source_length) {
      throw new Error(`This is too long: the model reads ${stored.max_source_length} tokens at most; these are ${tokens.length}.`);
    }
    const ids = source.encode(tokens);
    const encoded = model.encode(ids);
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

  return { run, ...textSearches({ step: model.step, read, ends, target }) };
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
