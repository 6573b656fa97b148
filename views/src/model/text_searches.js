// Searches of a text, side by side, and samples of it: what the views of chapter 4 ask.

import { visible } from "../visible.js";
import { exactSteps } from "./exact.js";
import { begin, grow } from "./hypotheses.js";
import { lookAhead } from "./look_ahead.js";
import { likeliest, softmax } from "./probabilities.js";
import { mulberry32 } from "./random.js";
import { sample } from "./sampling.js";
import { beamSearch } from "./search.js";

/**
 * An output as a view shows it: its `tokens`, the end token included, each to be seen.
 * @typedef {{ ids: number[], tokens: string[], text: string, log_probability: number, score: number }} Told
 */

/**
 * @param {Object} parts of a pipeline
 * @param {import("./look_ahead.js").Step} parts.step
 * @param {function(string): { state: Object, unknown: string[] }} parts.read
 * @param {import("./look_ahead.js").Ends} parts.ends
 * @param {{ tokens: string[], decode: Function, detokenize: Function }} parts.target
 */
export function textSearches({ step, read, ends, target }) {
  const tokenOf = (id) => visible(target.tokens[id]);

  /** @returns {Told} */
  function told({ ids, logProbability, score }) {
    const text = target.detokenize(target.decode(ids));
    return { ids, tokens: ids.map(tokenOf), text, log_probability: logProbability, score };
  }

  /**
   * Options of a search, with what the reader forbids beside what no output may hold anyway.
   * @param {Object<string, any>} given
   * @returns {any}
   */
  function optionsOf({ forbidden, ...options }) {
    return { ...ends, ...options, forbidden: [...ends.forbidden, ...forbidden] };
  }

  /**
   * Search greedily, and with a beam. Steps are counted of each hypothesis.
   * @param {string} text
   * @param {Object} given beamSize, nBest, lengthPenalty, lengthFormula, and forbidden, ids of tokens
   */
  function search(text, given) {
    const { state, unknown } = read(text);
    const searched = (options) => {
      const { outputs, tree } = beamSearch(step, state, optionsOf({ ...given, ...options }));
      return { outputs: outputs.map(told), steps: new Set(tree.map((node) => node.parent)).size, nodes: tree.map(nodeOf) };
    };
    const { outputs, steps } = searched({ beamSize: 1, nBest: 1 });
    return { text, unknown, greedy: { outputs, steps }, beam: searched({}) };
  }

  function nodeOf({ time, parent, token: id, tokenLogProbability, logProbability, score, kept, ended }) {
    const numbers = { token_log_probability: tokenLogProbability, log_probability: logProbability, score };
    return { time, parent, id, token: tokenOf(id), ...numbers, kept, ended };
  }

  /** The best output that there is, as a generator: see `exactSteps`. Options are those of `search`. */
  function* searchExactly(text, { beamSize, nBest, ...given }) {
    const { output, inTime, steps } = yield* exactSteps(step, read(text).state, optionsOf(given));
    return { outputs: output && inTime ? [told(output)] : [], in_time: inTime, steps };
  }

  /**
   * What may come next at two steps of the greedy output: the one of which the model is surest, and the least sure.
   * Of equal ones it is the first. `log_probs` are in the order of `tokens`, which are all that can be written.
   */
  function nextTokens(text) {
    const { state, unknown } = read(text);
    const whatMayFollow = lookAhead(step, ends);
    const steps = [];
    let one = begin(ends.bosId, state);
    let written = [];
    let possible;
    do {
      const next = whatMayFollow(one);
      possible ??= [...next.logProbs.keys()].filter((id) => next.logProbs[id] > -Infinity);
      const logProbs = possible.map((id) => next.logProbs[id]);
      steps.push({ written, log_probs: logProbs, entropy: entropyOf(softmax(logProbs)) });
      one = grow(one, likeliest(next.logits, 1)[0], next);
      written = [...written, tokenOf(one.token)];
    } while (one.token !== ends.eosId && one.length < ends.maxOutputLength);
    const surest = steps.reduce((best, other) => (other.entropy < best.entropy ? other : best));
    const leastSure = steps.reduce((best, other) => (other.entropy > best.entropy ? other : best));
    return { text, unknown, tokens: possible.map(tokenOf), surest, least_sure: leastSure };
  }

  /**
   * Draw outputs, and count how often each came.
   * @param {string} text
   * @param {{ seed: number, count: number, temperature: number, topK: ?number, topP: ?number }} given
   * @returns {(Told & { times: number })[]} the commonest first; of equal ones the one drawn first
   */
  function draw(text, { seed, count, ...filters }) {
    const { state } = read(text);
    const random = mulberry32(seed);
    const drawn = new Map();
    for (let number = 0; number < count; number += 1) {
      const output = sample(step, state, { ...ends, ...filters, random });
      const name = output.ids.join(" ");
      drawn.set(name, { ...told(output), times: (drawn.get(name)?.times ?? 0) + 1 });
    }
    return [...drawn.values()].sort((a, b) => b.times - a.times);
  }

  return { search, searchExactly, nextTokens, draw };
}

/** In nats: 0 where one token is certain. */
function entropyOf(probabilities) {
  return probabilities.reduce((sum, value) => (value > 0 ? sum - value * Math.log(value) : sum), 0);
}
