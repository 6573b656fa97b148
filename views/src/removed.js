// A model beside others that lack one of its parts: what is typed is written by both, next to the share that each
// gets right of test data. One switch is turned at a time, since each of the others lacks one part alone.

import { format } from "d3-format";
import { select } from "d3-selection";
import { asking } from "./asking.js";
import { compared, drawCompared } from "./differing.js";
import { slider } from "./fields.js";
import { ask, ready } from "./models.js";
import { unknownIn } from "./unknown.js";
import { quoted, sentence } from "./writing.js";
import "./compared.css";

const percent = format(".2~%");
const thousands = format(",");

/**
 * A model that is shown: its name among the page's, the name that the reader sees, how many parameters it has, what it
 * writes for the example, and the share of each test that it gets right, where that was measured.
 * @typedef {{ model: string, name: string, parameters: number, output: string, right: ?number[], padded: boolean }} Shown
 *
 * @param {Element} figure
 * @param {{
 *   label: string, text: string, tests: string[], whole: Shown,
 *   switches: { name: string, verdict: string, paddings: ?{ most: number, now: number }, models: Shown[] }[]
 * }} data
 */
export function removedView(figure, { label, text, tests, whole, switches }) {
  const root = select(figure).append("div").attr("class", "s2s-box s2s-removed");
  let turned = switches[0]; // or null
  const padded = switches.find((one) => one.paddings)?.paddings; // of the example, and at most
  let paddings = padded?.now;
  const { form, input, say, again, soon } = asking(root, { label, text, button: "Write", touched: load, answer });

  const group = root.insert("div", ".s2s-answer").attr("class", "s2s-bar").attr("role", "group");
  group.attr("aria-label", "Remove a part");
  const buttons = group
    .selectAll("button")
    .data(switches)
    .join("button")
    .attr("type", "button")
    .attr("class", "s2s-switch")
    .text(({ name }) => name)
    .on("click", (event, one) => turn(one === turned ? null : one));
  const padding = form.append("span");
  if (padded) slider(padding, { label: "paddings", min: 0, max: padded.most, value: padded.now, changed: pad });

  const scroll = root.append("div").attr("class", "s2s-scroll").attr("tabindex", 0).attr("role", "region");
  const table = scroll.attr("aria-label", "The models side by side").append("table");
  const head = table.append("thead").append("tr");
  head
    .selectAll("th")
    .data(["model", "writes", ...tests])
    .join("th")
    .attr("scope", "col")
    .text((name) => name);
  const body = table.append("tbody");
  const verdict = root.append("p").attr("class", "s2s-verdict");

  const shown = () => [whole, ...(turned?.models ?? [])];
  const paddingsOf = (one) => (one.padded ? paddings : 0);

  function load() {
    return Promise.all(shown().map(({ model }) => ready(model)));
  }

  function turn(to) {
    turned = to;
    set();
    if (input.property("value") === text && paddings === padded?.now) draw(example());
    else again();
  }

  function pad(value) {
    paddings = value;
    soon();
  }

  function example() {
    return shown().map(({ output }) => ({ text, output_text: output, unknown: [] }));
  }

  // The slider is there where it has an effect.
  function set() {
    buttons.attr("aria-pressed", (one) => one === turned);
    padding.property("hidden", !turned?.paddings);
  }

  async function answer(typed, pressed, current) {
    const before = turned;
    const written = await Promise.all(
      shown().map((one) => ask(current, one.model, "write", typed, { paddings: paddingsOf(one) })),
    );
    if (current() && turned === before) draw(written);
  }

  function draw(written) {
    const [first, ...others] = written.map(({ output_text }) => output_text);
    const told = others.map((output, place) => `; ${turned.models[place].name}: ${output === first ? "the same" : quoted(output)}`);
    const outputs = `${quoted(written[0].text)} → ${quoted(first)}${told.join("")}`;
    say(`${sentence(outputs)}${unknownIn(written[0])}`);

    const rows = body.selectAll("tr").data(shown()).join("tr");
    rows.selectAll("*").remove();
    const names = rows.append("th").attr("scope", "row").text(({ name }) => name);
    names.append("small").text(({ parameters }) => `${thousands(parameters)} parameters`);
    drawCompared(rows.append("td").attr("class", "s2s-written"), (_, place) => compared([...written[place].output_text], [...first]));
    rows
      .selectAll("td.s2s-share")
      .data(({ right }) => tests.map((_, place) => right?.[place]))
      .join("td")
      .attr("class", "s2s-share")
      .text((share) => (share === undefined ? "–" : percent(share)));
    verdict.text(turned?.verdict ?? "");
  }

  set();
  draw(example());
}
