// What was pressed, from near: a sentence, and a list of numbers where there are some. Nothing is there until then.

import { select } from "d3-selection";
import { decimal } from "./numbers.js";

/**
 * @param {import("d3-selection").Selection} root of the view
 * @returns {{ toggle: function(HTMLButtonElement, string, number[]): void }} shows the sentence and the numbers of a
 *   button, or closes them where they are shown already
 */
export function closeUp(root) {
  let pressed = null;
  const box = root.append("div").attr("class", "s2s-close-up");
  const words = box.append("p").attr("aria-live", "polite");
  const close = box.append("button").attr("type", "button").attr("aria-label", "Close the numbers").text("×");
  const list = box.append("ol").attr("tabindex", 0).attr("aria-label", "Its numbers");
  close.on("click", () => {
    pressed.focus();
    hide();
  });
  root.on("keydown.close-up", (event) => event.key === "Escape" && pressed && close.node().click());

  function toggle(button, sentence, numbers) {
    if (button === pressed) hide();
    else show(button, sentence, numbers);
  }

  function show(button, sentence, numbers) {
    mark(button);
    words.text(sentence);
    list.property("hidden", !numbers.length).selectAll("li").data(numbers).join("li").text(decimal);
    list.property("scrollTop", 0);
  }

  function hide() {
    mark(null);
    words.text("");
  }

  function mark(button) {
    if (pressed) select(pressed).attr("aria-pressed", null);
    if (button) select(button).attr("aria-pressed", "true");
    pressed = button;
    box.classed("s2s-open", button !== null);
  }

  return { toggle };
}
