// Options: what each of them may be, said once, and the error where one is something else.

const wholeFrom = (lowest) => ({
  holds: (value) => Number.isInteger(value) && value >= lowest,
  what: `as a whole number of at least ${lowest}`,
});
const orNull = ({ holds, what }) => ({ holds: (value) => value === null || holds(value), what: `${what}, or null` });
const id = wholeFrom(0);
const size = wholeFrom(1);
const penalty = { holds: (value) => Number.isFinite(value) && value >= 0, what: "as a number of at least 0" };
const share = { holds: (value) => Number.isFinite(value) && value > 0 && value <= 1, what: "above 0 and up to 1" };

const MAY_BE = {
  bosId: id,
  eosId: id,
  padId: orNull(id),
  maxOutputLength: size,
  forbidden: { holds: (value) => Array.isArray(value) && value.every(id.holds), what: "as a list of ids" },
  beamSize: size,
  nBest: size,
  lengthPenalty: penalty,
  lengthFormula: { holds: (value) => ["gnmt", "average"].includes(value), what: 'as "gnmt" or "average"' },
  coveragePenalty: penalty,
  maxSteps: size,
  temperature: penalty,
  topK: orNull(size),
  topP: orNull(share),
  random: { holds: (value) => typeof value === "function", what: "as a function that gives numbers from 0 to below 1" },
};

/**
 * Throw an error unless an option is what it should be.
 *
 * @param {string} name
 * @param {*} value what was received
 * @param {boolean} holds whether it is what was expected
 * @param {string} what was expected, such as "above 0"
 */
export function expect(name, value, holds, what) {
  if (holds) return;
  const isText = typeof value === "string" || Array.isArray(value);
  throw new RangeError(`Expected ${name} ${what}; received ${isText ? JSON.stringify(value) : String(value)}.`);
}

/**
 * Fill in the defaults of a function's options, and look at each option.
 *
 * @param {Object} given options by name
 * @param {Object} defaults of every option there is; undefined for one that has to be given
 * @returns {Object} all options
 */
export function optionsOf(given, defaults) {
  const names = Object.keys(defaults);
  for (const name of Object.keys(given)) {
    expect("options", name, names.includes(name), `among ${names.join(", ")}`);
  }
  const options = { ...defaults, ...given };
  for (const name of names) {
    expect(name, options[name], MAY_BE[name].holds(options[name]), MAY_BE[name].what);
  }
  return options;
}
