/** What the model knows nothing of is said. */
export function unknownIn({ unknown }) {
  return unknown.length ? `. It does not know ${unknown.map((token) => `“${token}”`).join(", ")}.` : "";
}
