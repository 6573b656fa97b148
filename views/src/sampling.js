// Sampling: what the filters leave of two distributions of a next token, one where the model is sure and one where it
// is not; and outputs that are drawn through the same filters. It begins with a stored example.

import { format } from "d3-format";
import { select } from "d3-selection";
import { asking } from "./asking.js";
import { slider } from "./fields.js";
import { samplingProbabilities, softmax } from "./model/probabilities.js";
import { ask, ready } from "./models.js";
import { unknownIn } from "./unknown.js";
import { joined, quoted, write } from "./writing.js";

const MOST = 8; // tokens that have a row of their own
const LONGEST = 60; // letters of a sample that are shown
const TOP_K = 20; // from here on, all tokens are kept
const percent = format(".1%");

export function samplingView(figure, { model, label, count, next, drawn }) {
  const filters = { temperature: 1, topK: null, topP: 1 };
  let shown = next;
  let seed = 0;

  const root = select(figure).append("div").attr("class", "s2s-sampling s2s-live");
  const { say, soon } = asking(root, {
    label, text: next.text, button: "Draw again", touched: () => ready(model), answer,
  });

  const bar = root.append("div").attr("class", "s2s-bar");
  const change = (name, meaning = (value) => value) => (value) => {
    filters[name] = meaning(value);
    drawBars();
    soon();
  };
  const twoDecimals = (value) => value.toFixed(2);
  slider(bar, { label: "Temperature", min: 0, max: 2, step: 0.05, value: 1, words: twoDecimals, changed: change("temperature") });
  slider(bar, {
    label: "Top-k", min: 1, max: TOP_K, value: TOP_K, words: (value) => (value === TOP_K ? "all" : String(value)),
    changed: change("topK", (value) => (value === TOP_K ? null : value)),
  });
  slider(bar, { label: "Top-p", min: 0.05, max: 1, step: 0.05, value: 1, words: twoDecimals, changed: change("topP") });

  const places = root.append("div").attr("class", "s2s-side-by-side").selectAll("table")
    .data(["surest", "least_sure"]).join("table").attr("class", "s2s-bars");
  places.append("caption");
  places.append("thead").append("tr").selectAll("th").data(["Token", "", "before", "after"])
    .join("th").attr("scope", "col").attr("aria-hidden", (title) => (title ? null : "true")).text((title) => title);
  places.append("tbody");

  const samples = root.append("table").attr("class", "s2s-samples");
  samples.append("caption").text(`${count} samples of the whole output, and how likely the model finds each`);
  samples.append("thead").append("tr").selectAll("th").data(["Output", "", "times", "probability"])
    .join("th").attr("scope", "col").attr("aria-hidden", (title) => (title ? null : "true")).text((title) => title);
  samples.append("tbody");

  async function answer(typed, pressed, current) {
    if (pressed) seed += 1;
    const nextTokens = await ask(current, model, "nextTokens", typed);
    if (!current()) return;
    shown = nextTokens;
    drawBars();
    const outputs = await ask(current, model, "draw", typed, { seed, count, ...filters });
    if (current()) drawSamples(outputs);
  }

  function drawBars() {
    places.each(function (name) {
      const { written, log_probs } = shown[name];
      const { rows, left } = rowsOf(log_probs, shown.tokens, filters);
      const place = select(this);
      const after = written.length ? `After ${joined(written)}` : "At the beginning";
      place.select("caption").html("").append("strong").text(name === "surest" ? "Surest: " : "Least sure: ");
      place.select("caption").append("span").text(`${after}. ${left} of ${log_probs.length} tokens left.`);
      const lines = place.select("tbody").selectAll("tr").data(rows).join("tr").classed("s2s-cut", (row) => row.cut);
      write(lines.selectAll("th").data((row) => [row]).join("th").attr("scope", "row"), (row) => row.token);
      lines.selectAll("td").data((row) => [null, percent(row.before), row.cut ? "cut" : percent(row.after)]).join("td")
        .filter((cell) => cell !== null).text((cell) => cell);
      lines.select("td").attr("aria-hidden", "true").selectAll("span").data((row) => [row.before, row.after]).join("span")
        .style("--share", (share) => share);
    });
  }

  function drawSamples(outputs) {
    const lines = samples.select("tbody").selectAll("tr").data(outputs).join("tr");
    write(lines.selectAll("th").data((one) => [one]).join("th").attr("scope", "row"), (one) => one.text || "nothing", LONGEST);
    lines.selectAll("td").data((one) => [null, one.times, percent(Math.exp(one.log_probability))]).join("td")
      .filter((cell) => cell !== null).text((cell) => cell);
    lines.select("td").attr("aria-hidden", "true").selectAll("span").data((one) => [one.times / count]).join("span")
      .style("--share", (share) => share);
    const [{ text, times }] = outputs;
    const different = outputs.length === 1 ? "one output" : `${outputs.length} different outputs`;
    say(`${count} samples of ${quoted(shown.text)}: ${different}; ${quoted(text)} came ${times} times.${unknownIn(shown)}`);
  }

  drawBars();
  drawSamples(drawn);
}

/**
 * The likeliest tokens, each with its probability before and after the filters, and all others together.
 * @returns {{ rows: { token: string, before: number, after: number, cut: boolean }[], left: number }}
 */
function rowsOf(logProbs, tokens, filters) {
  const before = softmax(logProbs);
  const after = samplingProbabilities(logProbs, filters);
  const order = [...before.keys()].sort((a, b) => before[b] - before[a] || a - b);
  const [own, others] = [order.slice(0, MOST), order.slice(MOST)];
  const rows = own.map((place) => ({ token: tokens[place], before: before[place], after: after[place] }));
  const sum = (values) => others.reduce((total, place) => total + values[place], 0);
  if (others.length) rows.push({ token: `${others.length} others`, before: sum(before), after: sum(after) });
  const left = after.reduce((number, probability) => number + (probability > 0), 0);
  return { rows: rows.map((row) => ({ ...row, cut: row.after === 0 })), left };
}
