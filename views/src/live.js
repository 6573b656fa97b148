// A model at work: what is typed is read, attended to and written in front of the reader. It begins with a stored
// example, and loads the model when it is first touched.

import { select } from "d3-selection";
import { attentionView } from "./attention.js";
import { load } from "./load.js";
import { pipeline } from "./model/pipeline.js";

const PAUSE = 200; // milliseconds without a key, after which what is typed is read
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
let views = 0; // gives each view names of its own

export function liveView(figure, { model, label, text, run, plays }) {
  const name = `s2s-live-${(views += 1)}`;
  const root = select(figure).append("div").attr("class", "s2s-live");
  const form = root.append("form").attr("class", "s2s-bar").on("submit", (event) => {
    event.preventDefault();
    write(true);
  });
  form.append("label").attr("for", `${name}-text`).text(label);
  const input = form
    .append("input")
    .attr("type", "text")
    .attr("id", `${name}-text`)
    .attr("autocomplete", "off")
    .attr("autocapitalize", "off")
    .attr("spellcheck", "false")
    .property("value", text)
    .on("focus", () => ready().catch(tell))
    .on("input", soon);
  form.append("button").attr("type", "submit").text("Read and write");
  const answer = root.append("p").attr("class", "s2s-answer").attr("aria-live", "polite");
  const holder = root.append("div");
  let loading = null;
  let timer = null;

  // The model, loaded once.
  function ready() {
    loading ??= load("models", model).then(pipeline);
    return loading;
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => write(false), PAUSE);
  }

  async function write(play) {
    clearTimeout(timer);
    const typed = input.property("value");
    try {
      draw((await ready()).run(typed), play);
    } catch (error) {
      tell(error);
    }
  }

  function draw(shown, play) {
    answer.classed("s2s-refused", false).text(`“${shown.text}” → “${shown.output_text}”${unknown(shown)}`);
    holder.selectAll("*").remove();
    const steps = attentionView(holder.node(), shown);
    if (play && !still.matches) steps.playAll();
  }

  function tell(error) {
    answer.classed("s2s-refused", true).text(error.message);
  }

  draw(run, plays);
}

// What the model knows nothing of is said.
function unknown({ unknown }) {
  return unknown.length ? `. It does not know ${unknown.map((token) => `“${token}”`).join(", ")}.` : "";
}
