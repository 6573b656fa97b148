// The best output of all: depth first, and no further where nothing better can come.

import { optionsOf } from "./expected.js";
import { attentionOf, begin, grow, outputOf } from "./hypotheses.js";
import { ENDS, lookAhead } from "./look_ahead.js";
import { covered, normalise, SCORING } from "./scoring.js";

/**
 * Find the output with the highest score of all that there are, those cut at `maxOutputLength` included.
 *
 * A log-probability only falls with each token, and the length penalty lifts it most at `maxOutputLength`; coverage
 * can only lower a score. So `logProbability / penalty(maxOutputLength)` is a bound on whatever a hypothesis can
 * become: where it is no higher than the score of an output that is known, nothing after it is looked at. Children are
 * visited in the order of their probability, so that a good output, the greedy one, is known soon. Of outputs as good
 * as each other the first that it comes to is returned.
 *
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} state of the model before the first token
 * @param {import("./look_ahead.js").Ends & Partial<import("./scoring.js").Scoring> & {maxSteps?: number}} given
 *   maxSteps is how often step may be called, 20000 if it is left out
 * @returns {{output: ?import("./hypotheses.js").Output, inTime: boolean, steps: number}} inTime is false where the
 *   search was given up after `maxSteps` calls: then a better output than the best so far may exist. steps is how often
 *   step was called.
 */
export function exactSearch(step, state, given) {
  const search = exactSteps(step, state, given);
  let at = search.next();
  while (!at.done) at = search.next();
  return at.value;
}

/**
 * The same search, which stops after each step and can be left there.
 *
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} state
 * @param {Object} given as for `exactSearch`
 * @returns {Generator<number>} how many steps there were so far; at last it returns what `exactSearch` does
 */
export function* exactSteps(step, state, given) {
  const options = optionsOf(given, { ...ENDS, ...SCORING, maxSteps: 20_000 });
  const { bosId, eosId, maxOutputLength, maxSteps } = options;
  const whatMayFollow = lookAhead(step, options);
  let best = null; // the hypothesis
  let bestScore = -Infinity;
  let steps = 0;
  let inTime = true;

  const couldBeBetter = (logProbability) => normalise(logProbability, maxOutputLength, options) > bestScore;

  function* visit(hypothesis) {
    if (steps === maxSteps) {
      inTime = false;
      return;
    }
    steps += 1;
    const next = whatMayFollow(hypothesis);
    yield steps;
    const tokens = [...next.logits.keys()]
      .filter((token) => couldBeBetter(hypothesis.logProbability + next.logProbs[token]))
      .sort((a, b) => next.logits[b] - next.logits[a] || a - b);
    for (const token of tokens) {
      const child = grow(hypothesis, token, next);
      if (!inTime || !couldBeBetter(child.logProbability)) return; // nor could those that are less likely
      if (token === eosId || child.length === maxOutputLength) {
        const score = normalise(child.logProbability, child.length, options) + covered(attentionOf(child), options);
        if (score > bestScore) [best, bestScore] = [child, score];
      } else {
        yield* visit(child);
      }
    }
  }

  yield* visit(begin(bosId, state));
  return { output: best && outputOf(best, bestScore), inTime, steps };
}
