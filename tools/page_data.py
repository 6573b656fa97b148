"""Write what the interactive views load: the beam trees of drawn words, and the map of the front page.

    python tools/page_data.py

writes _build/static/s2s-views/beams/WORD.js for each word and _build/front-page.html.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import s2s_lesson
from s2s_lesson.corpora import load
from s2s_lesson.data import pad
from s2s_lesson.search import beam_trees
from s2s_lesson.teaching import attention_view, drawn_words

ROOT = Path(__file__).parents[1]
BEAMS = ROOT / "_build" / "static" / "s2s-views" / "beams"
LONGEST = 40  # tokens of an output, as in the chapter on the decoder


def write_beams(folder):
    """Write a script for each word, which calls ``s2sBeamTree(word, tree)``.

    Scripts, since a page that was opened as a file may load nothing else.
    """
    pipeline, words = s2s_lesson.pretrained("pronunciations"), drawn_words(load("pronunciations"))
    vocab, ids = pipeline.target_vocab, pad([pipeline.source_vocab.encode(list(word)) for word in words])
    ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "max_output_length": LONGEST}
    trees = beam_trees(pipeline.model.step, pipeline.model.encode(ids), **ends)
    folder.mkdir(parents=True, exist_ok=True)
    for word, tree in zip(words, trees, strict=True):
        compact = json.dumps(tree, separators=(",", ":"))
        (folder / f"{word}.js").write_text(f"s2sBeamTree({json.dumps(word)},{compact});\n", encoding="utf-8")
    print(f"{len(words)} beam trees are in {folder.relative_to(ROOT)}.")


def write_front_page(path):
    """Write the map in ``book/results/front_page.json`` as a view."""
    stored = json.loads((ROOT / "book" / "results" / "front_page.json").read_text(encoding="utf-8"))["map"]
    weights = np.array([row.split() for row in stored["attention_weights"]], float)
    prediction = SimpleNamespace(**stored | {"attention_weights": weights})
    path.write_text(attention_view(prediction)._repr_html_() + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_beams(BEAMS)
    write_front_page(ROOT / "_build" / "front-page.html")
