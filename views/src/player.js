// Buttons that step through decoding: to the start, back, play or pause, on, to the end.

import { select } from "d3-selection";

const MILLISECONDS_A_STEP = 900;
const SHAPES = {
  start: "M3 2h2v12H3zM14 2v12L6 8z",
  back: "M10.5 2 12 3.5 7.5 8l4.5 4.5L10.5 14l-6-6z",
  play: "M4 2v12l9-6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  next: "M5.5 2 4 3.5 8.5 8 4 12.5 5.5 14l6-6z",
  end: "M11 2h2v12h-2zM2 2v12l8-6z",
};

// show(step) is called with a step from 0 to count() - 1. Returns an object with set(step), playAll() and stop().
export function player(parent, { count, show }) {
  let step = count() - 1;
  let timer = null;

  const bar = parent.append("div").attr("class", "s2s-player").attr("role", "group");
  bar.attr("aria-label", "Step through decoding");
  const first = button("start", "First step", () => go(0));
  const back = button("back", "Step back", () => go(step - 1));
  const play = button("play", "Play", () => (timer ? stop() : start()));
  const next = button("next", "Next step", () => go(step + 1));
  const last = button("end", "Last step", () => go(count() - 1));
  const status = bar.append("span").attr("class", "s2s-status");
  bar.on("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move) {
      event.preventDefault();
      go(step + move);
    }
  });

  function button(name, label, onClick) {
    const made = bar.append("button").attr("type", "button").attr("aria-label", label).attr("title", label);
    made.append("svg").attr("viewBox", "0 0 16 16").attr("aria-hidden", "true").append("path").attr("d", SHAPES[name]);
    return made.on("click", onClick);
  }

  function go(to) {
    stop();
    move(to);
  }

  function move(to) {
    set(Math.max(0, Math.min(count() - 1, to)));
    show(step);
  }

  function start() {
    move(step === count() - 1 ? 0 : step + 1);
    timer = setInterval(() => (step < count() - 1 ? move(step + 1) : stop()), MILLISECONDS_A_STEP);
    label("pause", "Pause");
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    label("play", "Play");
  }

  function label(name, text) {
    play.attr("aria-label", text).attr("title", text).select("path").attr("d", SHAPES[name]);
  }

  // Buttons that would do nothing say so, and stay where they are for the keyboard.
  function set(to) {
    step = to;
    for (const [made, off] of [[first, step === 0], [back, step === 0], [next, step === count() - 1], [last, step === count() - 1]]) {
      made.attr("aria-disabled", off ? "true" : null);
    }
    status.text(`Step ${step + 1} of ${count()}`);
  }

  set(step);
  function playAll() {
    stop();
    set(count() - 1);
    start();
  }

  return { set, playAll, stop };
}
