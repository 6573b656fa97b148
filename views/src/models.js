// The models that a page can ask: each is loaded when it is first asked, and answers from a worker.

import { load } from "./load.js";

const models = new Map(); // a promise for each model that was loaded
const waiting = new Map(); // what is to be done with an answer, by the question's number
let worker = null; // a promise, once a model was asked for
let questions = 0;
let turn = Promise.resolve(); // of the next question: when the one before it is answered

/** Load a model, unless it is there. */
export function ready(name) {
  if (!models.has(name)) {
    const loading = load("models", name).then((stored) => send({ name, stored }));
    models.set(name, loading);
    loading.catch(() => models.delete(name)); // the next question tries again
  }
  return models.get(name);
}

/**
 * Ask a model, once what was asked before is answered.
 *
 * @param {function(): boolean} wanted whether the answer still is, when its turn has come; the question is dropped
 *   otherwise, so that hasty hands do not keep the worker busy with what nobody reads
 * @param {string} name of the model
 * @param {string} question a function of its pipeline
 * @param {...*} given for that function
 * @returns {Promise<*>} what it returns; refused with an Error where it threw one, or was dropped
 */
export async function ask(wanted, name, question, ...given) {
  await ready(name);
  const answered = turn.then(() => {
    if (!wanted()) throw new Error("Something else was asked since.");
    return send({ name, question, given });
  });
  turn = answered.catch(() => {});
  return answered;
}

/**
 * Ask a model what may take long, a generator of its pipeline. Other questions are answered in between.
 *
 * @param {AbortSignal} signal says when the answer is not wanted any more; the question is dropped then
 * @param {string} name as of `ask`, like the others
 */
export async function askAtLength(signal, name, question, ...given) {
  await ready(name);
  signal.throwIfAborted();
  return send({ name, question, given }, signal);
}

async function send(message, signal) {
  worker ??= load("scripts", "worker").then(begun);
  worker.catch(() => (worker = null)); // the next question tries again
  const thread = await worker;
  signal?.throwIfAborted();
  const number = (questions += 1);
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject });
    thread.postMessage({ number, ...message });
    signal?.addEventListener("abort", () => {
      waiting.delete(number);
      thread.postMessage({ drop: number });
      reject(signal.reason);
    });
  });
}

// A page that was opened as a file may begin no worker from another file, but one from its own text.
function begun(text) {
  const made = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  made.onmessage = ({ data: { number, answer, error } }) => {
    if (!waiting.has(number)) return; // it was dropped
    const { resolve, reject } = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  };
  made.onerror = ({ message }) => {
    waiting.forEach(({ reject }) => reject(new Error(message)));
    waiting.clear();
  };
  return made;
}
