// Loads the tree of a word. Each stands in a script of its own, since a page that was opened as a file may load
// scripts and nothing else. The script calls s2sBeamTree(word, tree).

const FOLDER = new URL("beams/", document.currentScript.src);
const trees = new Map();

window.s2sBeamTree = (word, tree) => trees.set(word, tree);

export function loadTree(word) {
  if (trees.has(word)) return Promise.resolve(trees.get(word));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`${encodeURIComponent(word)}.js`, FOLDER).href;
    script.onload = () => resolve(trees.get(word));
    script.onerror = () => reject(new Error(`The tree of ${word} is not in ${FOLDER}`));
    document.head.append(script);
  });
}
