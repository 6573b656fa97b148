// Loads data of a view when it is asked for: the tree of a word, or a model. Each stands in a script of its own,
// since a page that was opened as a file may load scripts and nothing else. A script calls s2sLoaded(kind, name, data).

const FOLDER = new URL(".", document.currentScript.src);
const loaded = new Map();

window.s2sLoaded = (kind, name, data) => loaded.set(`${kind}/${name}`, data);

export function load(kind, name) {
  const key = `${kind}/${name}`;
  if (loaded.has(key)) return Promise.resolve(loaded.get(key));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`${kind}/${encodeURIComponent(name)}.js`, FOLDER).href;
    script.onload = () => resolve(loaded.get(key));
    script.onerror = () => reject(new Error(`Expected ${key}.js in ${FOLDER}; received none. Build the book again.`));
    document.head.append(script);
  });
}
