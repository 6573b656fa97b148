// What stored beam searches looked at, for each beam size.

import { select } from "d3-selection";
import { slider } from "./fields.js";
import { candidatesOf } from "./tree.js";
import { treeView } from "./tree_view.js";

export function beamView(figure, { text, tree, tokens }) {
  const root = select(figure).append("div").attr("class", "s2s-beam");
  const bar = root.append("div").attr("class", "s2s-bar");
  const sizes = Object.keys(tree.beams).map(Number);
  const [min, max] = [Math.min(...sizes), Math.max(...sizes)];
  const value = Math.min(3, max);
  slider(bar, { label: "Beam size", min, max, value, changed: (size) => search(size, view.step()) });
  const view = treeView(root);
  const search = (size, upTo) => view.show(text, candidatesOf(tree, tokens, size), size, upTo);
  search(value, Infinity);
}
