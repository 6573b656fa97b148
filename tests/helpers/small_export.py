"""A small model, exported, and what it answers: for tests of exports, also where there is no engine."""

import json
from pathlib import Path

TEXTS = ["abc", "cab", "b"]


def pipeline():
    """A small pipeline of random weights. Needs Keras."""
    import keras

    from s2s_lesson.data import Vocabulary
    from s2s_lesson.layers import Seq2SeqConfig
    from s2s_lesson.models import Seq2Seq
    from s2s_lesson.pipeline import TextToText

    vocab = Vocabulary("abc")
    keras.utils.set_random_seed(0)
    model = Seq2Seq(Seq2SeqConfig(7, 7, embedding_dim=3, encoder_units=5, decoder_units=5))
    tokens = {"source_tokens": "characters", "target_tokens": "characters"}
    return TextToText(model, vocab, vocab, **tokens, max_output_length=3)


def write(folder: Path) -> Path:
    """Export the pipeline into a folder, and write its answers beside it. Needs Keras."""
    small = pipeline()
    small.export(folder, sources=TEXTS)
    folder.with_suffix(".json").write_text(json.dumps(answers_of(small)), encoding="utf-8")
    return folder


def read_answers(folder: Path) -> dict:
    """The answers that were written."""
    return json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))


def answers_of(model) -> dict:
    """Predictions and samples as JSON can hold them."""
    both = {"predict": model.predict(TEXTS, 3, 2), "sample": model.sample(TEXTS, 2, seed=3)}
    return {name: [as_lists(one) for one in predictions] for name, predictions in both.items()}


def as_lists(prediction) -> list:
    """Text, tokens, log-probability, attention weights and alternatives of a prediction."""
    return [
        *(prediction.text, list(prediction.tokens), prediction.log_probability),
        *(prediction.attention_weights.tolist(), [as_lists(one) for one in prediction.alternatives]),
    ]
