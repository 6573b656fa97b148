// The arrow keys in a table of buttons: one step in their direction; Home and End: to the first and last in line.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {import("d3-selection").Selection} table
 * @param {(HTMLButtonElement|null)[][]} lines its buttons, line by line, the heads of the lines first; null where a
 *   place has none
 */
export function arrowKeys(table, lines) {
  table.on("keydown", (event) => {
    const line = lines.findIndex((buttons) => buttons.includes(event.target));
    if (line === -1) return;
    const to = target(line, lines[line].indexOf(event.target), event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });

  function target(line, place, key) {
    const along = place === 0 ? lines.map((buttons) => buttons[0]) : lines[line].slice(1);
    if (key === "Home") return along.find((button) => button);
    if (key === "End") return along[along.length - 1];
    const [down, right] = MOVES[key] ?? [];
    return lines[line + down]?.[place + right];
  }
}
