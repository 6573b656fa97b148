// What may come next: a step of the model, and what it says of the tokens that an output can hold.

import { expect } from "./expected.js";
import { logSoftmax } from "./probabilities.js";

/**
 * A model, one token further.
 *
 * @callback Step
 * @param {number} token chosen last; at first the begin token
 * @param {Object} state of the model before it read the token. It stays as it is.
 * @returns {{logits: Float64Array, state: Object, attentionWeights: (Float64Array|undefined)}} logits (vocabulary),
 *   the state after the token, and what this step attended to (source length), where the model has attention
 */

/**
 * @typedef {Object} Ends
 * @property {number} bosId fed first, and never written, unless it is the end token as well
 * @property {number} eosId ends an output
 * @property {?number} padId never written, unless it is the end token
 * @property {number} maxOutputLength an output that has not ended by then is cut, in tokens
 * @property {number[]} forbidden tokens that no output holds
 */

/** @type {Ends} */
export const ENDS = { bosId: undefined, eosId: undefined, padId: null, maxOutputLength: undefined, forbidden: [] };

/**
 * @typedef {Object} Next
 * @property {Float64Array} logits (vocabulary); -Infinity where a token may not come
 * @property {Float64Array} logProbs (vocabulary), those of the model whatever is forbidden; likewise
 * @property {Object} state of the model
 * @property {?Float64Array} attentionWeights (source length)
 */

/**
 * Make a step function ready for a search.
 *
 * @param {Step} step
 * @param {Ends} ends
 * @returns {function({token: number, state: Object}): Next} looks one token ahead of a hypothesis
 */
export function lookAhead(step, ends) {
  let allowed = null; // the vocabulary is known after the first step
  return ({ token, state }) => {
    const next = step(token, state);
    allowed ??= allowedTokens(next.logits.length, ends);
    const ofAllowed = (values) => values.map((value, id) => (allowed[id] ? value : -Infinity));
    return {
      logits: ofAllowed(new Float64Array(next.logits)),
      logProbs: ofAllowed(logSoftmax(next.logits)),
      state: next.state,
      attentionWeights: next.attentionWeights ?? null,
    };
  };
}

/**
 * @param {number} vocabSize
 * @param {Ends} ends
 * @returns {boolean[]} whether an output may hold each token
 */
function allowedTokens(vocabSize, { bosId, eosId, padId, forbidden }) {
  for (const [name, ids] of Object.entries({ bosId: [bosId], eosId: [eosId], padId: [padId ?? 0], forbidden })) {
    for (const id of ids) expect(name, id, id < vocabSize, `below ${vocabSize}, the number of logits from step`);
  }
  const never = new Set([bosId, padId]);
  never.delete(eosId);
  const allowed = Array.from({ length: vocabSize }, (_, id) => !never.has(id) && !forbidden.includes(id));
  expect("forbidden", forbidden, allowed.includes(true), "to leave a token that can be written");
  return allowed;
}
