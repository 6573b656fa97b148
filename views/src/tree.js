// Beam trees as columns of candidates, a column for each step, and where each candidate stands in the drawing.
//
// A candidate is an object with number, time, parent (a candidate or null), token, logProbability, ofToken, score, kept
// and ended. In a column those that were kept come first, the best on top.

import { visible } from "./visible.js";
import { joined, short } from "./writing.js";

export const LETTERS = 12; // of a token that are shown in its box
const USUAL = 4; // letters for which these widths are enough; each further one takes as many pixels more as `letter` says
const KEPT = { width: 58, height: 34, pitch: 42, letter: 9 };
const PRUNED = { width: 36, height: 17, pitch: 21, letter: 7 };
const GAP = 44; // between columns
const MARGIN = 12;

// The candidates of one beam size, of the trees that `search.beam_trees` gathers.
export function candidatesOf(tree, tokens, size) {
  const { steps, kept } = tree.beams[size];
  const isKept = new Set(kept);
  const children = new Map();
  tree.parents.forEach((parent, number) => children.set(parent, [...(children.get(parent) ?? []), number]));

  const columns = [];
  let open = [null];
  for (let time = 0; time < steps; time += 1) {
    const column = open.flatMap((parent) =>
      (children.get(parent ? parent.number : -1) ?? []).slice(0, size).map((number) => {
        const logProbability = tree.log_probabilities[number];
        return {
          number,
          time,
          parent,
          token: visible(tokens[tree.token_ids[number]]),
          logProbability,
          ofToken: logProbability - (parent ? parent.logProbability : 0),
          score: logProbability,
          kept: isKept.has(number),
          ended: tree.token_ids[number] === tree.eos_id,
        };
      }),
    );
    columns.push(column.sort(byRank));
    open = column.filter((candidate) => candidate.kept && !candidate.ended);
  }
  return columns;
}

// The candidates of a search, from the list of its nodes, of which each names its parent by its place.
export function columnsOf(nodes) {
  const candidates = nodes.map((node, number) => ({
    ...node,
    number,
    logProbability: node.log_probability,
    ofToken: node.token_log_probability,
  }));
  const columns = [];
  for (const one of candidates) {
    one.parent = one.parent === null ? null : candidates[one.parent];
    (columns[one.time] ??= []).push(one);
  }
  return columns.map((column) => column.sort(byRank));
}

function byRank(one, other) {
  return other.kept - one.kept || other.score - one.score;
}

// The best hypothesis that has ended by some step, or null.
export function bestUntil(columns, step) {
  const ended = columns.slice(0, step + 1).flat().filter((candidate) => candidate.kept && candidate.ended);
  return ended.reduce((best, one) => (!best || one.score > best.score ? one : best), null);
}

// A candidate and all that it goes back to, the last token first.
export function pathOf(candidate) {
  return candidate ? [candidate, ...pathOf(candidate.parent)] : [];
}

export function outputOf(candidate) {
  return joined(pathOf(candidate).reverse().map((one) => one.token));
}

// Gives each candidate x, y (its middle), width and height: kept ones in a row of their own, and below them
// those that were pruned, several to a row. Returns the size of the drawing and the place of the root.
export function place(columns, size) {
  const toARow = size <= 3 ? 1 : size <= 6 ? 2 : 3;
  const longest = columns.flat().reduce((most, { token }) => Math.max(most, short(token, LETTERS).length), USUAL);
  const [keptWidth, prunedWidth] = [KEPT, PRUNED].map((box) => box.width + box.letter * (longest - USUAL));
  const width = Math.max(keptWidth, toARow * (prunedWidth + 4));
  const top = MARGIN + KEPT.height / 2;
  let bottom = top;
  columns.forEach((column, time) => {
    const x = MARGIN + KEPT.width + GAP + time * (width + GAP) + width / 2;
    const keptHere = column.filter((candidate) => candidate.kept).length;
    const below = top + (keptHere - 1) * KEPT.pitch + KEPT.height / 2 + 22;
    column.forEach((candidate, rank) => {
      if (candidate.kept) {
        Object.assign(candidate, { x, y: top + rank * KEPT.pitch, width: keptWidth, height: KEPT.height });
      } else {
        const [line, seat] = [Math.floor((rank - keptHere) / toARow), (rank - keptHere) % toARow];
        const offset = (seat - (toARow - 1) / 2) * (prunedWidth + 4);
        Object.assign(candidate, { x: x + offset, y: below + line * PRUNED.pitch, width: prunedWidth, height: PRUNED.height });
      }
      bottom = Math.max(bottom, candidate.y + candidate.height / 2);
    });
  });
  const root = { x: MARGIN + KEPT.width / 2, y: top, width: KEPT.width, height: KEPT.height };
  return { root, width: MARGIN + KEPT.width + columns.length * (width + GAP) + MARGIN, height: bottom + MARGIN };
}
