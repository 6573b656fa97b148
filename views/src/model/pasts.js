// How likely a model finds each token of a true target: given the true tokens before it, as in training, and given
// the tokens that the model itself would have written.

import { softmax } from "./arithmetic.js";

/**
 * @param {import("./look_ahead.js").Step} step
 * @param {Object} begin the state before the first token.
 * @param {number[]} target true ids, the end token included.
 * @param {{ bosId: number, eosId: number, padId: number }} ends
 * @returns {{ forced: number[], own: number[], written: number[] }} forced: the probability of each true token given
 *   the true past; own: given the model's own; written: what the model writes at each place. It writes the likeliest
 *   token and reads it next. Once it has written the end token, nothing follows, so own and written end there.
 */
export function twoPasts(step, begin, target, { bosId, eosId, padId }) {
  const forced = [];
  let [token, state] = [bosId, begin];
  for (const truth of target) {
    const next = step(token, state);
    forced.push(softmax(next.logits)[truth]);
    [token, state] = [truth, next.state];
  }

  const own = [];
  const written = [];
  [token, state] = [bosId, begin];
  for (const truth of target) {
    const next = step(token, state);
    own.push(softmax(next.logits)[truth]);
    [token, state] = [likeliest(next.logits, padId), next.state];
    written.push(token);
    if (token === eosId) break;
  }
  return { forced, own, written };
}

function likeliest(logits, padId) {
  const allowed = logits.map((logit, id) => (id === padId ? -Infinity : logit));
  return allowed.indexOf(Math.max(...allowed));
}
