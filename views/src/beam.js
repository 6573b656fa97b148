// What stored beam searches looked at, for each beam size.

import { select } from "d3-selection";
import { slider } from "./fields.js";
import { candidatesOf } from "./tree.js";
import { treeView } from "./tree_view.js";

const USUAL = 3; // beam size that is shown at first, or the next smaller one

export function beamView(figure, { text, tree, tokens }) {
  const root = select(figure).append("div").attr("class", "s2s-beam");
  const bar = root.append("div").attr("class", "s2s-bar");
  const sizes = Object.keys(tree.beams).map(Number); // in their order, perhaps with gaps
  const first = Math.max(0, sizes.filter((size) => size <= USUAL).length - 1);
  slider(bar, {
    label: "Beam size", min: 0, max: sizes.length - 1, value: first, words: (place) => String(sizes[place]),
    changed: (place) => search(place, view.step()),
  });
  const view = treeView(root);
  const search = (place, upTo) => view.show(text, candidatesOf(tree, tokens, sizes[place]), sizes[place], upTo);
  search(first, Infinity);
}
