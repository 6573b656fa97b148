"""Files of the book that its pages read: results, and weights. Where the book is not, they are downloaded."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.teaching.views import Json

if TYPE_CHECKING:
    from s2s_lesson.corpora._corpus import Corpus
    from s2s_lesson.pipeline import TextToText

ONLINE = "https://raw.githubusercontent.com/s2s-lesson/s2s-lesson/main/book/"


def book_file(name: str, folder: str | Path = ".") -> Path:
    """The path of a file of the book.

    Args:
        name: such as "results/dates.json".
        folder: the folder book/, in which notebooks run. Where it does not hold the file, as on Colab, the
            file is downloaded once, into Keras's cache.
    """
    path = Path(folder, name)
    if path.exists():
        return path
    import keras

    return Path(keras.utils.get_file(path.name, ONLINE + name))


def results_of(name: str, folder: str | Path = ".") -> Json:
    """What a benchmark measured.

    Args:
        name: of the file in book/results, such as "dates".
        folder: as of ``book_file``.

    Returns:
        What the file holds; ``command`` makes it again.
    """
    return json.loads(book_file(f"results/{name}.json", folder).read_text(encoding="utf-8"))


def read_weights(name: str, corpus: "Corpus", folder: str | Path = ".") -> "TextToText":
    """Read a model that a benchmark trained.

    The file holds ``config``, options of ``Seq2SeqConfig`` in JSON; ``source_tokens`` and ``target_tokens``,
    with the special tokens first; ``count``, and so many arrays ``weight_0``, ``weight_1`` and so on.

    Args:
        name: of the file in book/weights, such as "encoder".
        corpus: what the model was trained on, which says how texts become tokens.
        folder: as of ``book_file``.

    Returns:
        ``TextToText``.
    """
    from s2s_lesson.models.seq2seq import Seq2Seq
    from s2s_lesson.pipeline import TextToText

    special = len(SPECIAL_TOKENS)
    with np.load(book_file(f"weights/{name}.npz", folder)) as stored:
        source, target = (
            Vocabulary(stored[side].tolist()[special:]) for side in ("source_tokens", "target_tokens")
        )
        model = Seq2Seq(Seq2SeqConfig(**json.loads(str(stored["config"]))))
        model.set_weights([stored[f"weight_{index}"] for index in range(int(stored["count"]))])
    return TextToText(
        model, source, target, source_tokens=corpus.source_tokens, target_tokens=corpus.target_tokens
    )
