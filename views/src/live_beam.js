// Searches of what the reader types, side by side: greedy, with a beam, and for the best output there is. It begins
// with a stored example, and loads the model when something is asked of it.

import { select } from "d3-selection";
import { asking } from "./asking.js";
import { choice, slider } from "./fields.js";
import { ask, askAtLength, ready } from "./models.js";
import { decimal } from "./numbers.js";
import { columnsOf } from "./tree.js";
import { treeView } from "./tree_view.js";
import { unknownIn } from "./unknown.js";
import { joined, quoted, sentence, short } from "./writing.js";

const WIDEST = 10; // beam
const HIGHEST = 2; // length penalty
const EQUAL = 1e-6; // scores that are nearer to each other differ by rounding alone
const END = "</s>";

export function liveBeamView(figure, { model, label, beam_size, n_best, searched }) {
  const options = { beamSize: beam_size, nBest: n_best, lengthPenalty: 0, lengthFormula: "gnmt" };
  const forbidden = new Map(); // tokens by their ids
  let shown = { ...searched, options: { ...options } };
  let exactSearch = new AbortController(); // the one that is going on

  const root = select(figure).append("div").attr("class", "s2s-beam s2s-live");
  const { say, soon, again } = asking(root, {
    label, text: searched.text, button: "Search", touched: () => ready(model), answer,
  });

  const bar = root.append("div").attr("class", "s2s-bar");
  const change = (name) => (value) => {
    options[name] = value;
    soon();
  };
  slider(bar, { label: "Beam size", min: 1, max: WIDEST, value: beam_size, changed: widen });
  const best = slider(bar, { label: "n-best", min: 1, max: beam_size, value: n_best, changed: change("nBest") });
  slider(bar, {
    label: "Length penalty α", min: 0, max: HIGHEST, step: 0.1, value: 0, words: (value) => value.toFixed(1),
    changed: change("lengthPenalty"),
  });
  choice(bar, { label: "Length formula", values: ["gnmt", "average"], value: "gnmt", changed: change("lengthFormula") });

  const scroll = root.append("div").attr("class", "s2s-scroll").attr("tabindex", 0).attr("role", "region")
    .attr("aria-label", "The searches side by side");
  const table = scroll.append("table").attr("class", "s2s-outputs");
  table.append("thead").append("tr").selectAll("th").data(["Search", "Output", "Log-probability", "Score", "Steps"])
    .join("th").attr("scope", "col").text((title) => title);
  const rows = table.append("tbody");

  const tokens = root.append("div").attr("class", "s2s-tokens").attr("role", "group").attr("aria-label", "Forbidden tokens");
  tokens.append("span").text("Forbid a token, here or in the tree:");
  const tree = treeView(root, { pick: (candidate) => toggle(candidate.id, candidate.token) });

  function widen(size) {
    options.beamSize = size;
    options.nBest = Math.min(options.nBest, size);
    best.limit(size);
    best.set(options.nBest);
    soon();
  }

  function toggle(id, token) {
    if (token === END) return; // or no output would end
    if (!forbidden.delete(id)) forbidden.set(id, token);
    offer();
    again();
  }

  async function answer(typed, pressed, current) {
    const given = { ...options, forbidden: [...forbidden.keys()] };
    const answered = await ask(current, model, "search", typed, given);
    if (!current()) return;
    exactSearch.abort();
    exactSearch = new AbortController();
    const mine = { ...answered, options: given, exact: null };
    shown = mine;
    draw();
    mine.exact = await askAtLength(exactSearch.signal, model, "searchExactly", typed, given);
    compare();
    if (current()) tell();
  }

  function draw() {
    compare();
    tell();
    tree.show(shown.text, columnsOf(shown.beam.nodes), shown.options.beamSize, tree.step());
  }

  // The outputs of the searches, side by side.
  function compare() {
    const { greedy, beam, exact, options } = shown;
    const lines = [
      ...linesOf("greedy", greedy),
      ...linesOf(`beam of ${options.beamSize}`, beam),
      ...(exact?.outputs.length ? linesOf("exact", exact) : [{ name: "exact", instead: whyNone(exact) }]),
    ];
    rows.selectAll("tr").data(lines).join("tr").each(function (line) {
      const cells = line.instead
        ? [line.instead]
        : [joined(line.tokens), decimal(line.log_probability), decimal(line.score), line.steps];
      const row = select(this);
      row.selectAll("th").data([line]).join("th").attr("scope", "row").text(({ name }) => name);
      row.selectAll("td").data(cells).join("td").attr("colspan", line.instead ? 4 : null).text((cell) => cell);
    });
    offer();
  }

  function tell() {
    const [written] = shown.beam.outputs;
    const output = written ? `${quoted(shown.text)} → ${quoted(written.text)}` : "What is forbidden leaves no output";
    say(`${sentence(output)}${unknownIn(shown)} ${verdict(shown)}`);
  }

  // The tokens of the outputs, and those that are forbidden, as buttons that stay where they are when pressed.
  function offer() {
    const offered = new Map(forbidden);
    for (const { outputs } of [shown.greedy, shown.beam, shown.exact ?? { outputs: [] }]) {
      outputs.forEach(({ ids, tokens }) => ids.forEach((id, place) => offered.set(id, tokens[place])));
    }
    const buttons = [...offered].filter(([, token]) => token !== END).sort(([one], [other]) => one - other);
    tokens.selectAll("button").data(buttons, ([id]) => id).join("button").order()
      .attr("type", "button")
      .attr("aria-pressed", ([id]) => forbidden.has(id))
      .attr("aria-label", ([, token]) => `Forbid ${token}`)
      .attr("title", ([, token]) => (short(token) === token ? null : token))
      .text(([id, token]) => (forbidden.has(id) ? `${short(token)} ×` : short(token)))
      .on("click", (event, [id, token]) => toggle(id, token));
  }

  draw();
}

// A line for each output of a search; the steps are those of all.
function linesOf(name, { outputs, steps }) {
  return outputs.map((output, rank) => ({ ...output, name: rank ? `${rank + 1}.` : name, steps: rank ? "" : steps }));
}

function whyNone(exact) {
  if (exact === null) return "searching …";
  return exact.in_time ? "none" : `not found in ${exact.steps.toLocaleString("en")} steps`;
}

// Whether each search found the best output there is, which the exact one knows.
function verdict({ greedy, beam, exact }) {
  if (!exact?.outputs.length) return "";
  const [{ score }] = exact.outputs;
  const finds = ({ outputs }) => outputs.length > 0 && outputs[0].score >= score - EQUAL;
  if (finds(greedy) && finds(beam)) return "Both greedy search and the beam find the likeliest output.";
  if (finds(beam)) return "Greedy search misses the likeliest output; the beam finds it.";
  return finds(greedy) ? "The beam misses the likeliest output; greedy search finds it." : "Both miss the likeliest output.";
}
