// A model at work: what is typed is read, attended to and written in front of the reader. It begins with a stored
// example, and loads the model when it is first touched.

import { select } from "d3-selection";
import { asking } from "./asking.js";
import { attentionView } from "./attention.js";
import { ask, ready } from "./models.js";

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export function liveView(figure, { model, label, text, run, plays }) {
  const root = select(figure).append("div").attr("class", "s2s-live");
  const { say } = asking(root, { label, text, button: "Read and write", touched: () => ready(model), answer });
  const holder = root.append("div");

  async function answer(typed, pressed, current) {
    const shown = await ask(model, "run", typed);
    if (current()) draw(shown, pressed);
  }

  function draw(shown, play) {
    say(`“${shown.text}” → “${shown.output_text}”${unknown(shown)}`);
    holder.selectAll("*").remove();
    const steps = attentionView(holder.node(), shown);
    if (play && !still.matches) steps.playAll();
  }

  draw(run, plays);
}

// What the model knows nothing of is said.
function unknown({ unknown }) {
  return unknown.length ? `. It does not know ${unknown.map((token) => `“${token}”`).join(", ")}.` : "";
}
