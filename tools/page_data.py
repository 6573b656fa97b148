"""Write what the interactive views load, models, and the view of the front page.

    python tools/page_data.py

writes _build/static/s2s-views/models/NAME.js for each model, and _build/front-page.html.
"""

import json
from pathlib import Path

from page_models import pipeline_for_page

import s2s_lesson
from s2s_lesson.pipeline import TextToText
from s2s_lesson.teaching import live_view

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "_build" / "static" / "s2s-views"
MODELS = STATIC / "models"
WEIGHTS = ROOT / "book" / "weights"  # of models that the package does not carry
FORMS = {  # how the weights of each are stored
    "dates": "float16",
    "dates-one-way": "float16",
    "dates-without-attention": "float16",
    "dates-without-masks": "float16",
    "pronunciations": "int8",
    "rows": "float16",
    "rows-without-attention": "float16",
    "small-talk": "int8",
    "spanish": "int8",
}
DATE = "30 sept. 2016"


def write_models(folder):
    """Write a script for each model, with all that the page needs to run it.

    Scripts, since a page that was opened as a file may load nothing else. Each calls
    ``s2sLoaded("models", name, pipeline)``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, weights in FORMS.items():
        path = folder / f"{name}.js"
        write_script(path, pipeline_for_page(model_of_page(name), weights))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.2f} MB")


def model_of_page(name):
    """A model by its name: one that the package carries, or a folder of the book's weights."""
    folder = WEIGHTS / name
    return TextToText.load(folder) if folder.is_dir() else s2s_lesson.pretrained(name)


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
    write_models(MODELS)
    write_front_page(ROOT / "_build" / "front-page.html")
