"""Write what the interactive views load: beam trees of drawn words, models, and the view of the front page.

    python tools/page_data.py

writes _build/static/s2s-views/beams/WORD.js for each word, models/NAME.js for each model, and
_build/front-page.html.
"""

import json
from pathlib import Path

from page_models import pipeline_for_page

import s2s_lesson
from s2s_lesson.corpora import load
from s2s_lesson.data import pad
from s2s_lesson.search import beam_trees
from s2s_lesson.teaching import drawn_words, live_view

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "_build" / "static" / "s2s-views"
BEAMS = STATIC / "beams"
MODELS = STATIC / "models"
FORMS = {"dates": "float16", "pronunciations": "int8"}  # how the weights of each are stored
DATE = "30 sept. 2016"
LONGEST = 40  # tokens of an output, as in the chapter on the decoder


def write_beams(folder):
    """Write a script for each word, which calls ``s2sLoaded("beams", word, tree)``.

    Scripts, since a page that was opened as a file may load nothing else.
    """
    pipeline, words = s2s_lesson.pretrained("pronunciations"), drawn_words(load("pronunciations"))
    vocab, ids = pipeline.target_vocab, pad([pipeline.source_vocab.encode(list(word)) for word in words])
    ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "max_output_length": LONGEST}
    trees = beam_trees(pipeline.model.step, pipeline.model.encode(ids), **ends)
    folder.mkdir(parents=True, exist_ok=True)
    for word, tree in zip(words, trees, strict=True):
        write_script(folder / f"{word}.js", tree)
    print(f"{len(words)} beam trees are in {folder.relative_to(ROOT)}.")


def write_models(folder):
    """Write a script for each model, with all that the page needs to run it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, weights in FORMS.items():
        pipeline = s2s_lesson.pretrained(name)
        path = folder / f"{name}.js"
        write_script(path, pipeline_for_page(pipeline, weights))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.2f} MB")


def write_script(path, data):
    """Write a script that hands data to the views: its kind is the folder's name."""
    kind, name = json.dumps(path.parent.name), json.dumps(path.stem)
    compact = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"s2sLoaded({kind},{name},{compact});\n", encoding="utf-8")


def write_front_page(path):
    """Write the view that the front page opens with: a model that reads the date of the whole book."""
    view = live_view(s2s_lesson.pretrained("dates"), DATE, "dates", label="A date", plays=True)
    path.write_text(view._repr_html_() + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_beams(BEAMS)
    write_models(MODELS)
    write_front_page(ROOT / "_build" / "front-page.html")
