// A model at work: what is typed is read, attended to and written in front of the reader. It begins with a stored
// example, and loads the model when it is first touched.

import { select } from "d3-selection";
import { asking } from "./asking.js";
import { attentionView } from "./attention.js";
import { ask, ready } from "./models.js";
import { unknownIn } from "./unknown.js";
import { quoted, sentence } from "./writing.js";

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export function liveView(figure, { model, label, text, run, plays, search }) {
  const root = select(figure).append("div").attr("class", "s2s-live");
  const { form, say, again } = asking(root, { label, text, button: "Read and write", touched: () => ready(model), answer });
  const holder = root.append("div");
  let steps = null;
  let chosen = search;
  let seed = 0; // the example was drawn without

  if (search === "sample") {
    button("Another reply", () => {
      chosen = "sample";
      seed += 1;
    });
    button("Best reply found", () => {
      chosen = "beam";
    });
  }

  function button(text, choose) {
    form.append("button").attr("type", "button").text(text).on("click", () => {
      choose();
      again();
    });
  }

  async function answer(typed, pressed, current) {
    const shown = await ask(current, model, "run", typed, { search: chosen, seed });
    if (current()) draw(shown, pressed);
  }

  function draw(shown, play) {
    const [output, unknown] = [`${quoted(shown.text)} → ${quoted(shown.output_text)}`, unknownIn(shown)];
    say(unknown ? `${sentence(output)}${unknown}` : output);
    steps?.stop();
    holder.selectAll("*").remove();
    steps = attentionView(holder.node(), shown);
    if (play && !still.matches) steps.playAll();
  }

  draw(run, plays);
}
