// An attention map as a table: a column for each source token, a row for each output token. Where the states of
// the encoder are known, they stand above it, and the steps begin with reading.

import { select } from "d3-selection";
import { decimal, shortWeight } from "./numbers.js";
import { player } from "./player.js";
import { drawStrip } from "./strip.js";

const NAMED_FROM = 0.05; // smaller weights are not put into words
const SHADED_FROM = 0.1; // on such a shade a coloured letter would be hard to read
const MOVES = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

// states: of each direction in which the source was read its name, whether it is backwards, and a vector for each token.
export function attentionView(figure, { source, output, weights, states = [] }) {
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
  const now = root.append("p").attr("class", "s2s-now").attr("aria-live", "polite");
  const table = root
    .append("div")
    .attr("class", "s2s-scroll")
    .attr("tabindex", 0)
    .attr("role", "region")
    .attr("aria-label", "Attention map")
    .append("table")
    .classed("s2s-with-states", states.length > 0)
    .style("--columns", source.length);
  table.append("caption").text("Rows: what the model writes. Columns: what it reads. Each row of weights sums to 1.");

  const head = table.append("thead").append("tr");
  head.append("td").html("<span>reads&nbsp;→</span><span>writes&nbsp;↓</span>");
  const columnButtons = head
    .selectAll("th")
    .data(source)
    .join("th")
    .attr("scope", "col")
    .append("button")
    .attr("type", "button")
    .classed("s2s-long", (token) => token.length > 2)
    .text((token) => token);
  const strips = table
    .select("thead")
    .selectAll("tr.s2s-states")
    .data(states)
    .join("tr")
    .attr("class", "s2s-states");
  strips.append("th").attr("scope", "row").text((direction) => direction.name);
  const stripCells = strips
    .selectAll("td")
    .data((direction) => direction.vectors.map((vector, place) => ({ vector, place, backwards: direction.backwards })))
    .join("td");
  stripCells.append("canvas").attr("aria-hidden", "true").each(function ({ vector }) {
    drawStrip(this, vector);
  });
  const rows = table.append("tbody").selectAll("tr").data(output).join("tr");
  const rowButtons = rows
    .append("th")
    .attr("scope", "row")
    .append("button")
    .attr("type", "button")
    .text((token) => token);
  const cells = rows
    .selectAll("td")
    .data((_, index) => weights[index].map((weight, place) => ({ weight, row: index, column: place })))
    .join("td")
    .style("--weight", (cell) => cell.weight);
  cells.append("span").text((cell) => shortWeight(cell.weight));

  wire(rowButtons, (index) => lookAtRow(index, output.length));
  wire(columnButtons, lookAtColumn);
  const onCell = (event, cell) => byHand(() => lookAtRow(cell.row, output.length));
  cells.on("pointerenter", (event, cell) => event.pointerType === "mouse" && onCell(event, cell)).on("click", onCell);

  // Mouse, finger and keyboard: pointing at a button, pressing it and moving the focus to it do the same.
  function wire(buttons, look) {
    const all = buttons.nodes();
    buttons.each(function (_, index) {
      select(this)
        .on("pointerenter", (event) => event.pointerType === "mouse" && byHand(() => look(index)))
        .on("click", () => byHand(() => look(index)))
        .on("focus", () => this.matches(":focus-visible") && byHand(() => look(index)))
        .on("keydown", (event) => {
          const to = { Home: 0, End: all.length - 1 }[event.key] ?? index + (MOVES[event.key] ?? NaN);
          if (all[to]) {
            event.preventDefault();
            all[to].focus();
          }
        });
    });
  }

  function byHand(look) {
    steps.stop();
    look();
  }

  function readUntil(index) {
    [row, column, written, read] = [null, null, 0, index + 1];
    draw();
    const last = states.map((direction) => source[direction.backwards ? source.length - 1 - index : index]);
    now.text(`Reads ${states.map((direction, place) => `“${last[place]}” ${direction.name}`).join(", ")}.`);
  }

  function lookAtRow(index, rowsWritten) {
    [row, column, written, read] = [index, null, rowsWritten, source.length];
    steps.set(reading + index);
    draw();
    const order = weights[index].map((weight, place) => [weight, source[place]]).sort((a, b) => b[0] - a[0]);
    say(`To write “${output[index]}” the model looks at`, order);
  }

  function lookAtColumn(index) {
    [row, column, written, read] = [null, index, output.length, source.length];
    draw();
    const order = weights.map((weightsOfRow, place) => [weightsOfRow[index], output[place]]).sort((a, b) => b[0] - a[0]);
    say(`“${source[index]}” is looked at to write`, order);
  }

  function say(begin, order) {
    const named = order.filter(([weight], place) => place === 0 || weight >= NAMED_FROM).slice(0, 4);
    now.text(`${begin} ${named.map(([weight, token]) => `“${token}” (${decimal(weight)})`).join(", ")}.`);
  }

  function draw() {
    rows.classed("s2s-looked-at", (_, index) => index === row).classed("s2s-to-come", (_, index) => index >= written);
    cells.classed("s2s-looked-at", (cell) => cell.column === column);
    stripCells
      .classed("s2s-looked-at", ({ place }) => place === column)
      .classed("s2s-to-come", ({ place, backwards }) => (backwards ? source.length - 1 - place : place) >= read);
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

  lookAtRow(0, output.length);
  return steps;
}
