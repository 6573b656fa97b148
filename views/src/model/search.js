// Beam search, of which greedy search is the narrowest.

import { expect, optionsOf } from "./expected.js";
import { attentionOf, begin, grow, outputOf } from "./hypotheses.js";
import { ENDS, lookAhead } from "./look_ahead.js";
import { likeliest } from "./probabilities.js";
import { covered, normalise, SCORING } from "./scoring.js";

/** @typedef {{ beamSize: number, nBest?: number }} Beam nBest is 1 if it is left out */

/** @typedef {import("./hypotheses.js").Hypothesis & { score: number, kept: boolean, ended: boolean }} Candidate */

/**
 * @typedef {Object} Node a candidate of the search: a hypothesis longer by one token than its parent
 * @property {number} time of the step that looked at it; the first token has 0
 * @property {?number} parent index of the parent in the list of nodes; null for a first token
 * @property {number} token
 * @property {number} tokenLogProbability in nats
 * @property {number} logProbability in nats, summed from the first token to this one
 * @property {number} score what it was ranked by: the score without the coverage penalty
 * @property {boolean} kept false if it was pruned
 * @property {boolean} ended whether the token is the end token
 */

/**
 * Choose the likeliest token at every step: a beam of one hypothesis.
 *
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} state of the model before the first token
 * @param {import("./look_ahead.js").Ends} ends
 * @returns {?import("./hypotheses.js").Output} null where what is forbidden leaves no output
 */
export function greedySearch(step, state, ends) {
  const options = optionsOf(ends, ENDS);
  return beamSearch(step, state, { ...options, beamSize: 1 }).outputs[0] ?? null;
}

/**
 * Keep the `beamSize` best hypotheses at every step.
 *
 * Open and ended hypotheses compete by their score without the coverage penalty. One that ended keeps its place while
 * it is among the best; the `nBest` best of all that ended, now by the whole score, are remembered even when open ones
 * push them out. Of equal scores the hypothesis that stood higher, and then the smaller token, comes first; of outputs
 * as good as each other the one that ended first.
 *
 * The search stops when its `nBest` outputs are no worse than anything that is still open could become.
 *
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} state of the model before the first token
 * @param {import("./look_ahead.js").Ends & Partial<import("./scoring.js").Scoring> & Beam} given
 *   beamSize 5, nBest 1 and the length penalty 0 are the defaults
 * @returns {{outputs: import("./hypotheses.js").Output[], tree: Node[]}} at most `nBest` outputs, best first, and all
 *   candidates in the order in which they were looked at
 */
export function beamSearch(step, state, given) {
  const options = optionsOf(given, { ...ENDS, ...SCORING, beamSize: 5, nBest: 1 });
  const { bosId, eosId, maxOutputLength, beamSize, nBest } = options;
  expect("nBest", nBest, nBest <= beamSize, `of at most beamSize=${beamSize}`);
  const whatMayFollow = lookAhead(step, options);

  function childrenOf(hypothesis) {
    const next = whatMayFollow(hypothesis);
    return likeliest(next.logits, beamSize).map((token) => {
      const child = grow(hypothesis, token, next);
      const score = normalise(child.logProbability, child.length, options);
      return { ...child, score, kept: false, ended: token === eosId };
    });
  }

  let beam = /** @type {Candidate[]} */ ([begin(bosId, state)]);
  let finished = []; // pairs of a hypothesis and its whole score, best first
  /** @type {Candidate[]} */
  const lookedAt = [];
  for (let length = 1; length <= maxOutputLength; length += 1) {
    const candidates = beam.flatMap((hypothesis) => (hypothesis.ended ? [hypothesis] : childrenOf(hypothesis)));
    const isNew = (hypothesis) => hypothesis.length === length;
    lookedAt.push(...candidates.filter(isNew));
    beam = best(candidates, beamSize);
    for (const hypothesis of beam) hypothesis.kept = true;

    const justEnded = beam.filter(isNew).filter((hypothesis) => hypothesis.ended || length === maxOutputLength);
    const pairs = justEnded.map((hypothesis) => {
      return { hypothesis, score: hypothesis.score + covered(attentionOf(hypothesis), options) };
    });
    finished = best([...finished, ...pairs], nBest);

    const open = beam.filter((hypothesis) => !hypothesis.ended);
    const couldBecome = open.map((hypothesis) => normalise(hypothesis.logProbability, maxOutputLength, options));
    const worst = finished.length === nBest ? finished[nBest - 1].score : -Infinity;
    if (couldBecome.every((score) => worst >= score)) break;
  }
  return { outputs: finished.map(({ hypothesis, score }) => outputOf(hypothesis, score)), tree: nodesOf(lookedAt) };
}

/** The `count` best by their score, best first; equal ones stay in their order, since sorting does not change it. */
function best(scored, count) {
  return [...scored].sort((a, b) => b.score - a.score).slice(0, count);
}

/** The candidates as plain nodes, which name their parent by its place in the list. */
function nodesOf(candidates) {
  const places = new Map(candidates.map((candidate, place) => [candidate, place]));
  return candidates.map(({ parent, token, length, tokenLogProbability, logProbability, score, kept, ended }) => {
    const time = length - 1;
    return { time, parent: places.get(parent) ?? null, token, tokenLogProbability, logProbability, score, kept, ended };
  });
}
