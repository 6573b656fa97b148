const NAMED = 5; // the others are counted

/** Some words, of which a sentence names no more than a few. */
export function some(words, between = ", ") {
  const others = words.length - NAMED;
  return `${words.slice(0, NAMED).join(between)}${others > 0 ? ` and ${others} more` : ""}`;
}
