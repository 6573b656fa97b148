"""For each corpus, the options that work well on it: what the command line and the chapters train."""

from dataclasses import dataclass, field

from s2s_lesson import engine
from s2s_lesson.corpora import load
from s2s_lesson.pipeline import TextToText

KEEP_WORDS = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}


@dataclass(frozen=True)
class Preset:
    """Options for one corpus.

    Attributes:
        corpus: for the corpus's ``load``.
        pipeline: for ``TextToText.from_pairs``, tokenizers apart: these come from the corpus.
        training: for ``TextToText.fit``.
    """

    corpus: dict = field(default_factory=dict)
    pipeline: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)


_TOY = Preset(
    pipeline={"embedding_dim": 32, "encoder_units": 64, "decoder_units": 64},
    training={"epochs": 10, "batch_size": 64, "learning_rate": 5e-3},
)
_DIALOGUE = Preset(
    corpus={"max_words": 20},
    pipeline={
        "cleaning": KEEP_WORDS,
        "max_vocab_size": 8000,
        "max_source_length": 40,
        "max_output_length": 40,
        "embedding_dim": 128,
        "encoder_units": 128,
        "decoder_units": 256,
        "dropout": 0.3,
    },
    training={"epochs": 8, "batch_size": 64, "learning_rate": 2e-3, "label_smoothing": 0.1, "patience": 2},
)

_TRANSLATION = {
    "cleaning": KEEP_WORDS,
    "max_source_length": 50,
    "max_output_length": 50,
    "embedding_dim": 256,
    "encoder_units": 256,
}

PRESETS = {
    "dates": Preset(
        pipeline={"encoder_units": 96, "decoder_units": 96},
        training={"epochs": 5, "batch_size": 64, "learning_rate": 3e-3},
    ),
    "pronunciations": Preset(
        pipeline={
            "embedding_dim": 64,
            "encoder_units": 256,
            "encoder_layers": 2,
            "decoder_units": 256,
            "dropout": 0.1,
        },
        training={"epochs": 2, "batch_size": 128, "learning_rate": 2e-3},
    ),
    "cornell": _DIALOGUE,
    "chitchat": _DIALOGUE,
    "spanish": Preset(
        pipeline={**_TRANSLATION, "min_count": 3, "decoder_units": 256, "dropout": 0.2},
        training={"epochs": 8, "batch_size": 128, "learning_rate": 2e-3, "label_smoothing": 0.1},
    ),
    "multi30k": Preset(
        pipeline={**_TRANSLATION, "min_count": 2, "decoder_units": 512, "dropout": 0.4},
        training={"epochs": 12, "batch_size": 64, "learning_rate": 1.5e-3, "label_smoothing": 0.1},
    ),
    "copy": _TOY,
    "reverse": _TOY,
    "appointments": Preset(
        pipeline={
            "min_count": 3,
            "embedding_dim": 32,
            "encoder_units": 64,
            "decoder_units": 64,
            "copy": True,
        },
        training={"epochs": 6, "batch_size": 64, "learning_rate": 4e-3},
    ),
    "sort": _TOY,
}


def untrained(name, seed=0, **pipeline_options):
    """Load a corpus and make the preset's untrained pipeline for it.

    Args:
        name: one of ``PRESETS``.
        seed: int, of the weights and of dropout.
        **pipeline_options: in place of the preset's own.

    Returns:
        corpus: ``Corpus``.
        pipeline: ``TextToText``.

    Raises:
        ValueError: there is no such preset.
        s2s_lesson.corpora.CorpusUnavailable: the corpus can neither be found nor downloaded.
    """
    if name not in PRESETS:
        raise ValueError(f"Expected a preset among {', '.join(PRESETS)}; received {name!r}.")
    preset = PRESETS[name]
    corpus = load(name, **preset.corpus)
    engine.seed_everything(seed)
    pipeline = TextToText.from_pairs(
        corpus.train,
        **{
            "source_tokens": corpus.source_tokens,
            "target_tokens": corpus.target_tokens,
            **preset.pipeline,
            **pipeline_options,
        },
    )
    return corpus, pipeline
