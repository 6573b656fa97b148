// Rows of letters, copied with attention and without it: where a copy goes wrong, and how often copies of that length
// do. The reader types a row, or draws one of a length.

import { format } from "d3-format";
import { select } from "d3-selection";
import { line } from "d3-shape";
import { asking } from "./asking.js";
import { compared, drawCompared } from "./differing.js";
import { slider } from "./fields.js";
import { ask, ready } from "./models.js";
import { unknownIn } from "./unknown.js";
import "./compared.css";

const percent = format(".1~%");
const [WIDTH, HEIGHT, EDGE] = [360, 170, 24]; // of the chart

/**
 * @param {Element} figure
 * @param {{
 *   label: string, text: string, alphabet: string, lengths: number[],
 *   models: { model: string, name: string, output: string, right: number[] }[]
 * }} data right: the share of test rows of each length that come back without a mistake. The first model has attention.
 */
export function copyingView(figure, { label, text, alphabet, lengths, models }) {
  const root = select(figure).append("div").attr("class", "s2s-box s2s-copying");
  const { form, input, say, again, soon } = asking(root, {
    label,
    text,
    button: "Copy",
    touched: () => Promise.all(models.map(({ model }) => ready(model))),
    answer,
  });
  const [shortest, longest] = [lengths[0], lengths[lengths.length - 1]];
  let length = lettersOf(text).length; // of the next row that is drawn
  const chosen = slider(form, {
    label: "draw a row of",
    min: shortest,
    max: longest,
    value: length,
    changed(value) {
      length = value;
      drawLots();
      soon();
    },
  });
  form.append("button").attr("type", "button").text("Draw another").on("click", () => {
    drawLots();
    again();
  });

  const both = root.append("div").attr("class", "s2s-both");
  const rows = both.append("div").attr("class", "s2s-scroll s2s-rows").attr("tabindex", 0).attr("role", "region");
  rows.attr("aria-label", "Copies");
  const chart = chartOf(both.append("div"), lengths, models);

  function drawLots() {
    const drawn = Array.from({ length }, () => alphabet[Math.floor(Math.random() * alphabet.length)]);
    input.property("value", drawn.join(" "));
  }

  async function answer(typed, pressed, current) {
    const row = lettersOf(typed);
    const written = await Promise.all(models.map(({ model }) => ask(current, model, "write", row.join(" "), { beamSize: 1 })));
    if (current()) draw(row, written);
  }

  function draw(row, written) {
    const copies = written.map(({ output_text }, place) => {
      const places = compared(lettersOf(output_text), row);
      const wrong = places.flatMap(({ differs }, index) => (differs ? [index + 1] : []));
      return { name: models[place].name, places, wrong };
    });
    const source = { name: "the row", places: compared(row, row), wrong: [] };
    const lines = rows.selectAll("div").data([source, ...copies]).join("div");
    lines.selectAll("*").remove();
    lines.append("span").attr("class", "s2s-name").text(({ name }) => name);
    drawCompared(lines.append("span").attr("class", "s2s-places"), ({ places }) => places);

    length = Math.min(longest, Math.max(shortest, row.length));
    chosen.set(length);
    say(`Mistakes ${copies.map(({ name, wrong }) => `${name}: ${verdictOf(wrong)}`).join("; ")}.${unknownIn(written[0])}`);
    chart.mark(row.length);
  }

  draw(lettersOf(text), models.map(({ output }) => ({ output_text: output, unknown: [] })));
}

/** The letters of a row, whether they are typed with blanks between them or without. */
function lettersOf(text) {
  return [...text.toLowerCase().replace(/\s/g, "")];
}

function verdictOf(wrong) {
  return wrong.length ? `${wrong.length}, the first at letter ${wrong[0]}` : "none";
}

/** The shares of all lengths, a line for each model, and a mark at one length, with its figures in words. */
function chartOf(root, lengths, models) {
  const [first, last] = [lengths[0], lengths[lengths.length - 1]];
  const x = (length) => EDGE + ((length - first) / (last - first)) * (WIDTH - 2 * EDGE);
  const y = (share) => HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
  const svg = root.append("svg").attr("viewBox", `0 0 ${WIDTH} ${HEIGHT}`).attr("aria-hidden", "true");
  svg.append("path").attr("class", "s2s-axis").attr("d", `M${x(first)} ${y(0)}H${x(last)}`);
  const ticks = [first, 8, 12, 16, 20, last];
  svg.selectAll("text").data(ticks).join("text").attr("x", x).attr("y", HEIGHT - 6).text((length) => length);
  svg.append("text").attr("x", WIDTH / 2).attr("y", 12).text("rows without a mistake, by their letters");
  const marker = svg.append("path").attr("class", "s2s-marker");
  const path = line((_, place) => x(lengths[place]), y);
  const curves = svg.selectAll("g").data(models).join("g").attr("class", (_, place) => (place ? "s2s-without" : "s2s-with"));
  curves.append("path").attr("d", ({ right }) => path(right));
  const points = curves.append("circle").attr("r", 4);
  const words = root.append("p").attr("class", "s2s-verdict");

  function mark(length) {
    const place = lengths.indexOf(length);
    const measured = place >= 0;
    marker.attr("d", measured ? `M${x(length)} ${y(0)}V${y(1)}` : null);
    points.attr("visibility", measured ? null : "hidden");
    if (!measured) {
      words.text(`Both were trained and tested on rows of ${first} to ${last} letters.`);
      return;
    }
    points.attr("cx", x(length)).attr("cy", ({ right }) => y(right[place]));
    const shares = models.map(({ name, right }) => `${percent(right[place])} ${name}`);
    words.text(`Test rows of ${length} letters without a mistake: ${shares.join(", ")}.`);
  }
  return { mark };
}
