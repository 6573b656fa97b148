// Two pasts: how likely the model finds each true token, given the true tokens before it, as in training, and given
// its own, as in use. What it writes itself stands below; from where that differs on, its past is another.

import { select } from "d3-selection";
import { asking } from "./asking.js";
import { choice } from "./fields.js";
import { arrowKeys } from "./grid.js";
import { ask, ready } from "./models.js";
import { nowLine } from "./now_line.js";
import { probability } from "./numbers.js";
import { unknownIn } from "./unknown.js";
import { joined, quoted, quotedToken, write } from "./writing.js";
import "./pasts.css";

const END = "</s>";
const LETTERS = 8; // of a token for which a column has room
const percent = (share) => probability(Math.log(share));
const PASTS = [
  { key: "forced", name: "given the true past" },
  { key: "own", name: "given its own past" },
];

/**
 * @param {Element} figure
 * @param {{
 *   model: string, labels: string[], pairs: string[][],
 *   run: { text: string, truth: string[], forced: number[], own: number[], written: string[], unknown: string[] }
 * }} data labels and pairs: of a source and its true target. run: what `pasts` of the pipeline gives for the first pair.
 */
export function pastsView(figure, { model, labels, pairs, run }) {
  const root = select(figure).append("div").attr("class", "s2s-pasts s2s-box");
  const [[text, target]] = pairs;
  const { form, input, say, again, soon } = asking(root, {
    label: labels[0],
    text,
    button: "Compare",
    touched: () => ready(model),
    answer,
  });
  const name = `${input.attr("id")}-truth`;
  form.insert("label", "button").attr("for", name).text(labels[1]);
  const truth = form
    .insert("input", "button")
    .attr("type", "text")
    .attr("id", name)
    .attr("dir", "auto")
    .attr("autocomplete", "off")
    .attr("autocapitalize", "characters")
    .attr("spellcheck", "false")
    .property("value", target)
    .on("input", soon);
  choice(form, { label: "or a pair", values: pairs.map(([source]) => source), value: text, changed: choose });

  const legend = root.append("ul").attr("class", "s2s-legend");
  legend
    .selectAll("li")
    .data(PASTS)
    .join("li")
    .attr("class", ({ key }) => `s2s-${key}`)
    .text(({ name }) => name);
  legend.append("li").attr("class", "s2s-astray").text("its own past is no longer the truth");
  const holder = root
    .append("div")
    .attr("class", "s2s-scroll")
    .attr("tabindex", 0)
    .attr("role", "region")
    .attr("aria-label", "Probabilities of the true tokens");
  const now = nowLine(root);

  function choose(source) {
    input.property("value", source);
    truth.property("value", pairs.find((pair) => pair[0] === source)[1]);
    again();
  }

  async function answer(typed, pressed, current) {
    const shown = await ask(current, model, "pasts", typed, truth.property("value"));
    if (current()) draw(shown);
  }

  function draw(shown) {
    const { truth: tokens, written } = shown;
    const astray = written.findIndex((token, place) => token !== tokens[place]); // -1: nowhere
    const differs = (place) => astray >= 0 && place > astray;
    say(told(shown, astray));

    holder.selectAll("*").remove();
    const table = holder.append("table").style("--columns", tokens.length);
    const head = table.append("thead").append("tr");
    head.append("th").attr("scope", "row").text("truth");
    const heads = head.selectAll("th.s2s-token").data(tokens).join("th").attr("class", "s2s-token").attr("scope", "col");
    const buttons = write(heads.append("button").attr("type", "button"), (token) => token, LETTERS);
    const body = table.append("tbody");
    const bars = body.append("tr").attr("class", "s2s-bars");
    bars.append("th").attr("scope", "row").text("probability");
    const cells = bars
      .selectAll("td")
      .data(tokens.map((_, place) => PASTS.map(({ key, name }) => ({ key, name, value: shown[key][place] }))))
      .join("td")
      .classed("s2s-astray", (_, place) => differs(place));
    cells
      .selectAll("span")
      .data((shares) => shares)
      .join("span")
      .attr("class", ({ key, value }) => `s2s-${key}${value === undefined ? " s2s-none" : ""}`)
      .style("--share", ({ value }) => value ?? 0)
      .append("b")
      .text(({ name, value }) => (value === undefined ? "–" : `${percent(value)} ${name} `));
    const writes = body.append("tr").attr("class", "s2s-writes");
    writes.append("th").attr("scope", "row").text("it writes");
    const below = writes.selectAll("td").data(tokens.map((_, place) => written[place] ?? "")).join("td");
    below.classed("s2s-astray", (_, place) => differs(place));
    write(below.append("span").attr("class", "s2s-place"), (token) => token, LETTERS)
      .classed("s2s-differs", (token, place) => token !== "" && token !== tokens[place]);

    table
      .on("pointerover", (event) => event.pointerType === "mouse" && lookFrom(event))
      .on("focusin", (event) => event.target.matches(":focus-visible") && lookFrom(event))
      .on("click", lookFrom);
    arrowKeys(table, [[null, ...buttons]]);
    now.keepRoom(tokens.map((_, place) => toldAt(shown, place)));
    look(astray >= 0 ? Math.min(astray + 1, tokens.length - 1) : 0);

    function lookFrom(event) {
      const place = (event.target.closest("td, th")?.cellIndex ?? 0) - 1; // the first column has names
      if (place >= 0) look(place);
    }

    function look(place) {
      table.selectAll("td").classed("s2s-looked-at", function () {
        return this.cellIndex === place + 1;
      });
      buttons.attr("aria-pressed", (_, index) => index === place).attr("tabindex", (_, index) => (index === place ? 0 : -1));
      now.say(toldAt(shown, place));
    }
  }

  draw(run);
}

// Where its own past goes astray, and what becomes of it.
function told({ text, truth, written, unknown }, astray) {
  const strange = unknownIn({ unknown });
  if (astray < 0) return `${quoted(text)}: what it writes is the truth, so both pasts are the same.${strange}`;
  const place = `${quoted(text)}: at place ${astray + 1} it writes ${quotedToken(written[astray])} and not ${quotedToken(truth[astray])}.`;
  const ended = written[written.length - 1] === END && written.length < truth.length;
  if (ended) return `${place} At place ${written.length} it ends, before the truth does: what is missing can no longer come.${strange}`;
  if (written[written.length - 1] !== END) return `${place} Where the truth ends, it goes on.${strange}`;
  return `${place}${strange}`;
}

function toldAt({ truth, forced, own, written }, place) {
  const past = (tokens) => (place === 0 ? "nothing" : quoted(joined(tokens.slice(0, place))));
  const begin = `${quotedToken(truth[place])} has ${percent(forced[place])} after the true past, ${past(truth)}`;
  if (own[place] === undefined) return `${begin}. Its own output has ended before.`;
  return `${begin}, and ${percent(own[place])} after its own, ${past(written)}.`;
}
