// Fields of a bar of controls, each with its label.

import { short } from "./writing.js";

let fields = 0; // gives each field a name of its own

/** A field with a label, and the name that its control needs. */
function field(bar, label) {
  const made = bar.append("span").attr("class", "s2s-field");
  const name = `s2s-field-${(fields += 1)}`;
  made.append("label").attr("for", name).text(label);
  return { made, name };
}

/**
 * A slider, with its value written beside it.
 *
 * @param {import("d3-selection").Selection} bar
 * @param {Object} given
 * @param {string} given.label
 * @param {number} given.min
 * @param {number} given.max
 * @param {number} given.step
 * @param {number} given.value
 * @param {function(number): string} given.words how a value is written
 * @param {function(number)} given.changed called with each new value
 * @returns {{set: function(number), limit: function(number)}} limit sets the highest value
 */
export function slider(bar, { label, min, max, step = 1, value, words = String, changed }) {
  const { made, name } = field(bar, label);
  const input = made.append("input").attr("type", "range").attr("id", name)
    .attr("min", min).attr("max", max).attr("step", step).property("value", value)
    .on("input", (event) => {
      show(Number(event.target.value));
      changed(Number(event.target.value));
    });
  const output = made.append("output").attr("for", name);
  const show = (shown) => {
    output.text(words(shown));
    input.attr("aria-valuetext", words(shown));
  };
  show(value);
  return {
    set(to) {
      input.property("value", to);
      show(to);
    },
    limit: (to) => input.attr("max", to),
  };
}

/** A choice of one word among several; `changed` is called with it. */
export function choice(bar, { label, values, value, changed }) {
  const { made, name } = field(bar, label);
  made.append("select").attr("id", name).on("change", (event) => changed(event.target.value))
    .selectAll("option").data(values).join("option").attr("value", (one) => one)
    .property("selected", (one) => one === value).text((one) => short(one));
}
