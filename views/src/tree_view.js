// The tree of a beam search: a column for each step, in it the candidates, the best on top. It can be walked through,
// step by step and candidate by candidate.

import { select } from "d3-selection";
import { linkHorizontal } from "d3-shape";
import { nowLine } from "./now_line.js";
import { decimal, probability } from "./numbers.js";
import { player } from "./player.js";
import { bestUntil, LETTERS, outputOf, pathOf, place } from "./tree.js";
import { quoted, short } from "./writing.js";

const DENSE_FROM = 4; // beam size from which lines to pruned candidates are drawn only for the one looked at
const SEARCHED = 60; // letters of what was searched that each sentence repeats
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const link = linkHorizontal();

/**
 * @param {import("d3-selection").Selection} root
 * @param {Object} [given]
 * @param {function(Object)} [given.pick] called with a candidate that is clicked, or on which Enter is pressed
 * @returns {{show: function(string, Object[][], number, number=), step: function(): number, stop: function()}} show
 *   takes what was searched in words, the columns of candidates, the beam size, and the step up to which to show them,
 *   Infinity for all
 */
export function treeView(root, { pick } = {}) {
  let columns, size, words, step, active, pressed;
  const steps = player(root, { count: () => columns?.length ?? 1, show: draw });

  const now = nowLine(root);
  const scroll = root.append("div").attr("class", "s2s-scroll").attr("tabindex", 0).attr("role", "region")
    .attr("aria-label", "Beam tree, from left to right");
  const svg = scroll.append("svg").attr("role", "tree").attr("aria-label", "Candidates of the beam search");
  const links = svg.append("g").attr("role", "presentation");
  const start = svg.append("g").attr("class", "s2s-root").attr("aria-hidden", "true");
  start.append("rect");
  start.append("text").attr("dy", "0.35em").text("<s>");
  const nodes = svg.append("g").attr("role", "presentation");

  const legend = root.append("ul").attr("class", "s2s-legend");
  for (const [kind, words] of [
    ["s2s-kept", "kept"],
    ["s2s-kept s2s-ended", "kept, ended"],
    ["s2s-pruned", "pruned"],
    ["s2s-best", "★ the best that ended"],
  ]) {
    legend.append("li").attr("class", kind).text(words);
  }
  const details = root.append("details");
  details.append("summary").text("The candidates of this step as a table");
  const table = details.append("div").attr("class", "s2s-scroll").attr("tabindex", 0).attr("role", "region")
    .attr("aria-label", "Candidates of this step").append("table");
  const head = table.append("thead").append("tr");
  const lines = table.append("tbody");

  function show(searched, candidates, beamSize, upTo) {
    steps.stop();
    const focused = svg.node().contains(document.activeElement);
    [words, columns, size] = [short(searched, SEARCHED), candidates, beamSize];
    const { root: box, width, height } = place(columns, size);
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
    svg.classed("s2s-dense", size >= DENSE_FROM);
    shape(start.datum(box));
    scroll.node().scrollTo(0, 0);
    step = Math.min(upTo, columns.length - 1);
    now.keepRoom(columns.flat().map(inWords));
    steps.set(step);
    draw(step);
    if (focused) focus(active);
  }

  // Show all steps up to this one, and the best of its candidates in words.
  function draw(to) {
    step = to;
    const shown = columns.slice(0, step + 1).flat();
    const best = bestUntil(columns, step);
    const onBestPath = new Set(pathOf(best));
    const key = (candidate) => candidate.number;

    links.selectAll("path").data(shown, key)
      .join("path")
      .attr("class", (one) => `${one.kept ? "s2s-kept" : "s2s-pruned"} ${onBestPath.has(one) ? "s2s-best" : ""}`)
      .attr("d", (one) => {
        const parent = one.parent ?? start.datum();
        return link({ source: [parent.x + parent.width / 2, parent.y], target: [one.x - one.width / 2, one.y] });
      });

    const boxes = nodes.selectAll("g").data(shown, key).join((enter) => {
      const made = enter.append("g").attr("role", "treeitem");
      made.append("rect");
      made.append("text").attr("class", "s2s-token");
      made.append("text").attr("class", "s2s-score").attr("dy", "1.15em");
      return made.on("pointerenter", (event, one) => event.pointerType === "mouse" && lookAt(one))
        .on("pointerdown", (event, one) => (pressed = one === active)) // before the focus changes what is looked at
        .on("click", onClick).on("focus", (event, one) => lookAt(one)).on("keydown", onKey);
    });
    boxes.attr("class", (one) => [one.kept ? "s2s-kept" : "s2s-pruned", one.ended && "s2s-ended", one === best && "s2s-best"].filter(Boolean).join(" "))
      .attr("data-number", key).attr("aria-level", (one) => one.time + 1).attr("aria-label", describe);
    boxes.select(".s2s-token").attr("dy", (one) => (one.kept ? "-0.15em" : "0.35em")).text((one) => (one === best ? "★ " : "") + short(one.token, LETTERS));
    boxes.selectAll("title").data((one) => (short(one.token, LETTERS) === one.token ? [] : [one])).join("title").text((one) => one.token);
    boxes.select(".s2s-score").text((one) => (one.kept ? decimal(one.score) : ""));
    shape(boxes);

    list(columns[step]);
    lookAt(step === columns.length - 1 && best ? best : columns[step][0]);
    reveal(columns[step][0]);
  }

  // The candidates of a step as a table, with a column of scores where these are no log-probabilities.
  function list(column) {
    const parts = [
      ["Output so far", outputOf],
      ["Log-probability", (one) => decimal(one.logProbability)],
      ...(column.some(isScored) ? [["Score", (one) => decimal(one.score)]] : []),
      ["Of its last token", (one) => decimal(one.ofToken)],
      ["What became of it", fateOf],
    ];
    head.selectAll("th").data(parts).join("th").attr("scope", "col").text(([title]) => title);
    lines.selectAll("tr").data(column).join("tr").selectAll("td")
      .data((one) => parts.map(([, cell]) => cell(one))).join("td").text((cell) => cell);
  }

  function lookAt(candidate) {
    active = candidate;
    const path = new Set(pathOf(candidate));
    const near = (one) => path.has(one) || one.parent === candidate;
    links.selectAll("path").classed("s2s-active", near);
    nodes.selectAll("g").classed("s2s-active", (one) => path.has(one)).attr("aria-selected", (one) => one === candidate)
      .attr("tabindex", (one) => (one === candidate ? 0 : -1));
    now.say(inWords(candidate));
  }

  function inWords(candidate) {
    return `${quoted(words)}, beam of ${size}, step ${candidate.time + 1}: ${describe(candidate)}`;
  }

  // With a mouse a candidate is looked at before it is clicked; a finger looks at it first, and picks it then.
  function onClick(event, one) {
    if (pressed && pick) pick(one);
    else lookAt(one);
    pressed = false;
  }

  function describe(one) {
    const score = isScored(one) ? `; score ${decimal(one.score)}` : "";
    const ofToken = `its last token ${decimal(one.ofToken)} (${probability(one.ofToken)})`;
    return `${outputOf(one)}: log-probability ${decimal(one.logProbability)}${score}; ${ofToken}. ${fateOf(one)}.`;
  }

  function fateOf(one) {
    if (!one.kept) return "Pruned";
    if (!one.ended) return "Kept";
    return one === bestUntil(columns, step) ? "Ended, the best so far" : "Kept, ended";
  }

  // Left: what it goes on from. Right: the best that goes on from it. Up and down: its neighbours in the column.
  function onKey(event, one) {
    const column = columns[one.time];
    const to = {
      ArrowLeft: () => one.parent,
      ArrowRight: () => one.time < step && columns[one.time + 1].find((other) => other.parent === one),
      ArrowUp: () => column[column.indexOf(one) - 1],
      ArrowDown: () => column[column.indexOf(one) + 1],
      Home: () => columns[0][0],
      End: () => columns[step][0],
      Enter: () => pick?.(one),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const found = to();
    if (found) focus(found);
  }

  function focus(candidate) {
    nodes.select(`[data-number="${candidate.number}"]`).node().focus();
  }

  function reveal(candidate) {
    const box = scroll.node();
    const right = candidate.x + candidate.width;
    if (step < columns.length - 1 || box.scrollLeft > 0) {
      box.scrollTo({ left: Math.max(0, right - box.clientWidth + 20), behavior: still.matches ? "auto" : "smooth" });
    }
  }

  return {
    show,
    step: () => (columns && step < columns.length - 1 ? step : Infinity), // at the end, however many there will be
    stop: steps.stop,
  };
}

function isScored(candidate) {
  return candidate.score !== candidate.logProbability;
}

// A box of the datum's size around the datum's place.
function shape(boxes) {
  boxes.attr("transform", (one) => `translate(${one.x},${one.y})`);
  boxes.select("rect").attr("x", (one) => -one.width / 2).attr("y", (one) => -one.height / 2)
    .attr("width", (one) => one.width).attr("height", (one) => one.height).attr("rx", (one) => (one.ended ? 0 : 8));
}
