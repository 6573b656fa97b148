import { some } from "./some.js";
import { visible } from "./visible.js";
import { quotedToken } from "./writing.js";

/** What the model knows nothing of is said, after a sentence. */
export function unknownIn({ unknown }) {
  const tokens = [...new Set(unknown)].map((token) => quotedToken(visible(token)));
  return tokens.length ? ` It does not know ${some(tokens)}.` : "";
}
