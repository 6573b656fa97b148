"""Models whose weights lie in a file of the book, one array a weight."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary
from s2s_lesson.layers.config import Seq2SeqConfig

if TYPE_CHECKING:
    from s2s_lesson.corpora._corpus import Corpus
    from s2s_lesson.pipeline import TextToText


def read_weights(path: str | Path, corpus: "Corpus") -> "TextToText":
    """Read a model that ``benchmarks/alignment.py`` trained.

    The file holds ``config``, options of ``Seq2SeqConfig`` in JSON; ``source_tokens`` and ``target_tokens``,
    with the special tokens first; ``count``, and so many arrays ``weight_0``, ``weight_1`` and so on.

    Args:
        path: of the file, in NumPy's format ``.npz``.
        corpus: what the model was trained on, which says how texts become tokens.

    Returns:
        ``TextToText``.
    """
    from s2s_lesson.models.seq2seq import Seq2Seq
    from s2s_lesson.pipeline import TextToText

    special = len(SPECIAL_TOKENS)
    with np.load(path) as stored:
        source, target = (
            Vocabulary(stored[side].tolist()[special:]) for side in ("source_tokens", "target_tokens")
        )
        model = Seq2Seq(Seq2SeqConfig(**json.loads(str(stored["config"]))))
        model.set_weights([stored[f"weight_{index}"] for index in range(int(stored["count"]))])
    return TextToText(
        model, source, target, source_tokens=corpus.source_tokens, target_tokens=corpus.target_tokens
    )
