// An attention map as a table: a column for each source token, a row for each output token. Where the states of
// the encoder are known, they stand above it, and the steps begin with reading.

import { select } from "d3-selection";
import { closeUp } from "./close_up.js";
import { arrowKeys } from "./grid.js";
import { nowLine } from "./now_line.js";
import { decimal, shortWeight, threeDecimals } from "./numbers.js";
import { player } from "./player.js";
import { drawStrip } from "./strip.js";
import { visible } from "./visible.js";
import { quotedToken, short, write } from "./writing.js";

const NAMED_FROM = 0.05; // smaller weights are not put into words
const SHADED_FROM = 0.1; // on such a shade a coloured letter would be hard to read
const SHORT = 4; // letters of a token; where one is longer, the heads of columns stand upright

/**
 * @param {HTMLElement} figure
 * @param {Object} shown
 * @param {string[]} shown.source
 * @param {string[]} shown.output
 * @param {number[][]} shown.weights (output length)(source length)
 * @param {{name: string, backwards: boolean, vectors: number[][]}[]} [shown.states] of each direction in which the
 *   source was read, a vector for each token
 * @param {string[]} [shown.unknown] tokens of the source that the model does not know
 */
export function attentionView(figure, { source, output, weights, states = [], unknown = [] }) {
  const root = select(figure).append("div").attr("class", "s2s-attention");
  const reading = states.length ? source.length : 0; // steps before the first token is written
  let written = output.length; // rows that are shown as written
  let read = source.length; // tokens that are shown as read
  let row = 0;
  let column = null; // a row or a column is looked at, never both

  const steps = player(root, {
    count: () => reading + output.length,
    show: (step) => (step < reading ? readUntil(step) : lookAtRow(step - reading, step - reading + 1)),
  });
  const now = nowLine(root);
  const table = root
    .append("div")
    .attr("class", "s2s-scroll")
    .attr("tabindex", 0)
    .attr("role", "region")
    .attr("aria-label", "Attention map")
    .append("table")
    .classed("s2s-with-states", states.length > 0)
    .classed("s2s-upright", longest(source) > SHORT)
    .style("--columns", source.length)
    .style("--letters", longest(output));
  const caption = table.append("caption").text("Rows: what the model writes. Columns: what it reads. Each row of weights sums to 1.");
  caption.append("span").attr("class", "s2s-hint").text(` Press a cell${states.length ? " or a strip" : ""} for its numbers.`);
  const near = closeUp(root);

  // Everything in the table is a button, and knows its place: a row, a column or both.
  const head = table.append("thead").append("tr");
  head.append("td").html("<span>reads&nbsp;→</span><span>writes&nbsp;↓</span>");
  const columnButtons = buttonsIn(
    head.selectAll("th").data(source.map((token, column) => ({ token, column }))).join("th").attr("scope", "col"),
  ).classed("s2s-long", ({ token }) => token.length > 2);
  write(columnButtons.append("span"), ({ token }) => token);
  markUnknown();
  const strips = table.select("thead").selectAll("tr.s2s-states").data(states).join("tr").attr("class", "s2s-states");
  strips.append("th").attr("scope", "row").text((direction) => direction.name);
  const stripCells = strips
    .selectAll("td")
    .data((direction) => direction.vectors.map((vector, column) => ({ direction, vector, column })))
    .join("td");
  const stripButtons = buttonsIn(stripCells).attr("aria-label", ({ direction, column }) => stateAt(column, direction));
  stripButtons.append("canvas").attr("aria-hidden", "true").each(function ({ vector }) {
    drawStrip(this, vector);
  });
  const rows = table.append("tbody").selectAll("tr").data(output.map((token, row) => ({ token, row }))).join("tr");
  const rowButtons = write(buttonsIn(rows.append("th").attr("scope", "row")), ({ token }) => token);
  const cells = rows
    .selectAll("td")
    .data(({ row }) => weights[row].map((weight, column) => ({ weight, row, column })))
    .join("td")
    .style("--weight", ({ weight }) => weight);
  cells.classed("s2s-nothing", ({ weight }) => shortWeight(weight) === "0");
  buttonsIn(cells).append("span").text(({ weight }) => shortWeight(weight));

  // Mouse, finger and keyboard: pointing at a button, pressing it and moving the focus to it do the same; pressing
  // a cell or a strip shows its numbers as well.
  table
    .on("pointerover", (event) => event.pointerType === "mouse" && lookAt(buttonOf(event)))
    .on("focusin", (event) => event.target.matches(":focus-visible") && lookAt(buttonOf(event)))
    .on("click", (event) => {
      lookAt(buttonOf(event));
      press(buttonOf(event));
    });
  arrowKeys(table, [
    [null, ...columnButtons],
    ...strips.nodes().map((strip) => [null, ...strip.querySelectorAll("button")]),
    ...rows.nodes().map((line) => [...line.querySelectorAll("button")]),
  ]);

  function buttonsIn(places) {
    return places.append("button").attr("type", "button").attr("tabindex", -1);
  }

  function buttonOf(event) {
    return event.target.closest("button");
  }

  function lookAt(button) {
    if (!button) return;
    steps.stop();
    const { row, column } = select(button).datum();
    if (row === undefined) lookAtColumn(column);
    else lookAtRow(row, output.length);
  }

  function press(button) {
    if (!button) return;
    const { weight, row, vector, direction, column } = select(button).datum();
    if (weight !== undefined) {
      near.toggle(button, `${threeDecimals(weight)}: the weight of ${at(column)} for ${quotedToken(output[row])} in row ${row + 1}.`, []);
    } else if (vector) {
      near.toggle(button, `${stateAt(column, direction)}: ${inShort(vector)}.`, vector);
    }
  }

  function at(column) {
    return `${quotedToken(source[column])} in column ${column + 1}`;
  }

  function stateAt(column, direction) {
    return `State at ${at(column)}, read ${direction.name}`;
  }

  function markUnknown() {
    const names = unknown.map(visible);
    const isUnknown = ({ token, column }) => column < source.length - 1 && names.includes(token);
    columnButtons
      .filter(isUnknown)
      .attr("title", "The model does not know it")
      .classed("s2s-unknown", true)
      .append("span")
      .attr("class", "s2s-spoken")
      .text(", unknown");
  }

  function readUntil(index) {
    [row, column, written, read] = [null, null, 0, index + 1];
    draw();
    now.say(ofReading(index));
  }

  function lookAtRow(index, rowsWritten) {
    [row, column, written, read] = [index, null, rowsWritten, source.length];
    steps.set(reading + index);
    draw();
    now.say(ofRow(index));
  }

  function lookAtColumn(index) {
    [row, column, written, read] = [null, index, output.length, source.length];
    draw();
    now.say(ofColumn(index));
  }

  function ofReading(index) {
    const last = states.map((direction) => source[direction.backwards ? source.length - 1 - index : index]);
    return `Reads ${states.map((direction, place) => `${quotedToken(last[place])} ${direction.name}`).join(", ")}.`;
  }

  function ofRow(index) {
    return `To write ${quotedToken(output[index])} the model looks at ${heaviest(weights[index], source)}.`;
  }

  function ofColumn(index) {
    return `${quotedToken(source[index])} is looked at to write ${heaviest(weights.map((ofRow) => ofRow[index]), output)}.`;
  }

  function draw() {
    rows.classed("s2s-looked-at", (_, index) => index === row).classed("s2s-to-come", (_, index) => index >= written);
    cells.classed("s2s-looked-at", (cell) => cell.column === column);
    stripCells
      .classed("s2s-looked-at", (cell) => cell.column === column)
      .classed("s2s-to-come", ({ direction, column }) => (direction.backwards ? source.length - 1 - column : column) >= read);
    rowButtons
      .attr("aria-pressed", (_, index) => index === row)
      .attr("tabindex", (_, index) => (index === (row ?? 0) ? 0 : -1))
      .each(shade((index) => (column === null ? 0 : weights[index][column])));
    columnButtons
      .attr("aria-pressed", (_, index) => index === column)
      .attr("tabindex", (_, index) => (index === (column ?? 0) ? 0 : -1))
      .each(shade((index) => (row === null ? 0 : weights[row][index])));
  }

  function shade(weightOf) {
    return function (_, index) {
      select(this).style("--weight", weightOf(index)).classed("s2s-shaded", weightOf(index) >= SHADED_FROM);
    };
  }

  now.keepRoom([...output.map((_, row) => ofRow(row)), ...source.map((_, column) => ofColumn(column))]);
  lookAtRow(0, output.length);
  return steps;
}

/** The tokens with the heaviest weights, in words. */
function heaviest(weights, tokens) {
  const order = weights.map((weight, place) => [weight, tokens[place]]).sort((a, b) => b[0] - a[0]);
  const named = order.filter(([weight], place) => place === 0 || weight >= NAMED_FROM).slice(0, 4);
  return named.map(([weight, token]) => `${quotedToken(token)} (${decimal(weight)})`).join(", ");
}

/** The letters that are shown of the longest token. The end is none. */
function longest(tokens) {
  return Math.max(1, ...tokens.filter((token) => token !== "</s>").map((token) => short(token).length));
}

function inShort(vector) {
  const norm = Math.hypot(...vector);
  const [smallest, largest] = [Math.min(...vector), Math.max(...vector)].map(decimal);
  return `${vector.length} numbers from ${smallest} to ${largest}, norm ${decimal(norm)}`;
}
