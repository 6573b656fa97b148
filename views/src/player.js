// Buttons that step through decoding: to the start, back, play or pause, on, to the end; and how fast it plays.

import { selectAll } from "d3-selection";

const MILLISECONDS_A_STEP = { slow: 1800, usual: 900, fast: 300 };
let speed = "usual"; // of all players of the page, until it is closed
const playing = new Set(); // what brings a player to its end, of those that play
window.addEventListener("beforeprint", () => playing.forEach((toTheEnd) => toTheEnd())); // paper shows the whole
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
  const last = button("end", "Last step", toTheEnd);
  const status = bar.append("span").attr("class", "s2s-status");
  const label = bar.append("label").attr("class", "s2s-speed").text("Speed ");
  label.append("select").on("change", (event) => setSpeed(event.target.value))
    .selectAll("option").data(Object.keys(MILLISECONDS_A_STEP)).join("option").text((name) => name);
  setSpeed(speed);
  bar.on("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move && event.target.closest("button")) {
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
    name("pause", "Pause");
    wait();
  }

  function toTheEnd() {
    go(count() - 1);
  }

  function wait() {
    playing.add(toTheEnd);
    timer = setTimeout(() => {
      if (step === count() - 1) return stop();
      move(step + 1);
      wait();
    }, MILLISECONDS_A_STEP[speed]);
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    playing.delete(toTheEnd);
    name("play", "Play");
  }

  function name(shape, label) {
    play.attr("aria-label", label).attr("title", label).select("path").attr("d", SHAPES[shape]);
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

function setSpeed(name) {
  speed = name;
  selectAll(".s2s-speed select").property("value", name);
}
