// A row of letters beside what is expected, with all that differs marked: by a frame, not by colour alone.

const GAP = "·"; // where something is missing

/**
 * The fewest edits that make one row out of another: a letter that is another one, is missing or is too many.
 * @param {string[]} written
 * @param {string[]} expected
 * @returns {{ token: string, differs: boolean }[]} what is written, place by place; a gap where something is missing
 */
export function compared(written, expected) {
  const edits = written.map(() => []); // edits[i][j]: of what stands from i and from j on
  edits.push(expected.map((_, place) => expected.length - place).concat(0));
  for (let i = written.length - 1; i >= 0; i -= 1) {
    edits[i][expected.length] = written.length - i;
    for (let j = expected.length - 1; j >= 0; j -= 1) {
      const same = written[i] === expected[j] ? 0 : 1;
      edits[i][j] = Math.min(edits[i + 1][j + 1] + same, edits[i + 1][j] + 1, edits[i][j + 1] + 1);
    }
  }
  const places = [];
  for (let i = 0, j = 0; i < written.length || j < expected.length; ) {
    const same = written[i] === expected[j] ? 0 : 1;
    if (i < written.length && j < expected.length && edits[i][j] === edits[i + 1][j + 1] + same) {
      places.push({ token: written[i], differs: same === 1 });
      [i, j] = [i + 1, j + 1];
    } else if (j < expected.length && edits[i][j] === edits[i][j + 1] + 1) {
      places.push({ token: GAP, differs: true });
      j += 1;
    } else {
      places.push({ token: written[i], differs: true });
      i += 1;
    }
  }
  return places;
}

/** Write compared places into each of some elements. */
export function drawCompared(elements, placesOf) {
  return elements
    .selectAll("span.s2s-place")
    .data(placesOf)
    .join("span")
    .attr("class", "s2s-place")
    .classed("s2s-differs", ({ differs }) => differs)
    .text(({ token }) => token);
}
