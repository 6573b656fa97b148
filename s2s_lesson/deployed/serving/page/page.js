// Asks the server, and shows the outputs; the attention map is drawn by the script of the book, where there is one.

const [form, status, answers, choices, lookedAt, map] = ["ask", "status", "answers", "choices", "looked-at", "map"].map(
  (id) => document.getElementById(id),
);
const field = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
let asked = 0; // an answer that comes after another question is not shown

function theme() {
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
}
dark.addEventListener("change", theme);
theme();

// Blanks, and what has no shape, are to be seen as well.
function visible(token) {
  return token.replace(/[ \u00a0]/g, "␣").replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/g, "·");
}

function say(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function show(prediction) {
  const { source_tokens: source, outputs, unknown } = prediction;
  const note = unknown.length ? ` The model does not know: ${unknown.join(", ")}.` : "";
  say(outputs.length ? `Outputs: ${outputs.length}.${note}` : `No output is possible.${note}`);
  choices.replaceChildren(...outputs.map((output, rank) => choice(output, rank, source)));
  answers.hidden = lookedAt.hidden = outputs.length === 0;
  if (outputs.length) draw(source, outputs[0]);
}

function choice(output, rank, source) {
  const radio = make("input", { type: "radio", name: "output", checked: rank === 0 });
  radio.addEventListener("change", () => draw(source, output));
  const probability = (100 * Math.exp(output.log_probability)).toPrecision(2);
  const figures = `log-probability ${output.log_probability.toFixed(2).replace("-", "−")} (${Number(probability)} %)`;
  const text = output.text || "(nothing)";
  return make(
    "label",
    {},
    radio,
    make("span", { className: "output", dir: "auto", textContent: text }),
    make("span", { className: "figures", textContent: figures }),
  );
}

function draw(source, { tokens, attention }) {
  map.replaceChildren();
  lookedAt.hidden = !attention?.length;
  if (lookedAt.hidden || !window.s2sAttention) return;
  const figure = make("figure", { className: "s2s-view" });
  map.append(figure);
  window.s2sAttention(figure, { source: source.map(visible), output: tokens.map(visible), weights: attention });
}

async function ask() {
  const mine = ++asked;
  say("The model writes …");
  const beam_size = field("beam").valueAsNumber;
  const n_best = Math.min(field("outputs").valueAsNumber, beam_size);
  const length_penalty = field("penalty").valueAsNumber;
  const body = JSON.stringify({ texts: [field("text").value], beam_size, n_best, length_penalty, attention: true });
  try {
    const response = await fetch("predict", { method: "POST", headers: { "content-type": "application/json" }, body });
    const told = await response.json();
    if (mine !== asked) return;
    if (response.ok) show(told.predictions[0]);
    else refuse(told.detail);
  } catch {
    if (mine === asked) refuse("The server does not answer. Is it still running?");
  }
}

function refuse(why) {
  answers.hidden = lookedAt.hidden = true;
  say(why, true);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
field("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
