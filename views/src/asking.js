// A form in which the reader types a text for a model, and the line that says what came of it.

const PAUSE = 200; // milliseconds without a key, after which what is typed is read

let forms = 0; // gives each form names of its own

/**
 * @param {import("d3-selection").Selection} root
 * @param {Object} given
 * @param {string} given.label of the text
 * @param {string} given.text that stands there at first
 * @param {string} given.button
 * @param {function(): Promise} given.touched called when the reader comes to the text
 * @param {function(string, boolean, function(): boolean): Promise} given.answer called with what is typed, whether the
 *   button was pressed, and a function that says whether nothing was asked since. What it throws is told.
 * @returns {{form, input, say: function(string), tell: function(Error), again: function(), soon: function()}} say writes
 *   the line of the answer; again asks anew for what is typed, soon once nothing has changed for a moment
 */
export function asking(root, { label, text, button, touched, answer }) {
  const name = `s2s-text-${(forms += 1)}`;
  const form = root.append("form").attr("class", "s2s-bar").on("submit", (event) => {
    event.preventDefault();
    now(true);
  });
  form.append("label").attr("for", name).text(label);
  const input = form
    .append("input")
    .attr("type", "text")
    .attr("id", name)
    .attr("dir", "auto")
    .attr("autocomplete", "off")
    .attr("autocapitalize", "off")
    .attr("spellcheck", "false")
    .property("value", text)
    .on("focus", () => touched().catch(tell))
    .on("input", soon);
  form.append("button").attr("type", "submit").text(button);
  const line = root.append("p").attr("class", "s2s-answer").attr("aria-live", "polite");
  let timer = null;
  let asked = 0;

  function soon() {
    form.attr("aria-busy", true);
    clearTimeout(timer);
    timer = setTimeout(() => now(false), PAUSE);
  }

  async function now(pressed) {
    form.attr("aria-busy", true);
    clearTimeout(timer);
    const number = (asked += 1);
    const current = () => number === asked; // nothing was asked since
    try {
      await answer(input.property("value"), pressed, current);
    } catch (error) {
      if (current()) tell(error);
    }
    if (current()) form.attr("aria-busy", false);
  }

  function say(words) {
    line.classed("s2s-refused", false).text(words);
  }

  function tell(error) {
    line.classed("s2s-refused", true).text(error.message);
  }

  return { form, input, say, tell, again: () => now(false), soon };
}
