"""Presets: for each corpus the options that work well on it, and the article's own for dialogue."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from s2s_lesson import engine
from s2s_lesson.corpora import Name, load, options_of
from s2s_lesson.corpora._corpus import Corpus
from s2s_lesson.data.expected import PositiveInt, Seed, checked
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training.optimizers import Optimization

PresetName: TypeAlias = Literal[Name, "article", "article-shared"]
KEEP_WORDS = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}


@checked
@dataclass(frozen=True)
class Preset:
    """What to train on, and how.

    Attributes:
        corpus: for the corpus's ``load``.
        pipeline: for ``TextToText.from_pairs``, tokenizers apart: these come from the corpus.
        training: for ``TextToText.fit``.
        corpus_name: str or None. None: the preset is called like its corpus.

    >>> from s2s_lesson.pipeline import PRESETS, Preset
    >>> Preset(training={"epochs": 3}).training["epochs"]
    3
    >>> "dates" in PRESETS
    True
    """

    corpus: dict = field(default_factory=dict)
    pipeline: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    corpus_name: Name | None = None


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

# Section 4.3 of the article: two LSTM layers on each side, no attention, and its cleaning of the texts. Long
# lines are left out, as in the other preset for dialogue, so that both learn from the same pairs.
_ARTICLE = Preset(
    corpus=_DIALOGUE.corpus,
    pipeline={
        "cleaning": {},
        "shared_vocab": True,
        "max_source_length": 60,
        "max_output_length": 60,
        "embedding_dim": 300,
        "encoder_units": 128,
        "encoder_layers": 2,
        "decoder_units": 256,
        "decoder_layers": 2,
        "bidirectional": False,
        "attention": "none",
        "dropout": 0.2,
        "recurrent_dropout": 0.2,
    },
    training={
        "epochs": 10,
        "batch_size": 128,
        "optimization": Optimization(1e-3, decay="constant", clip_norm=None),
    },
    corpus_name="cornell",
)

PRESETS: dict[PresetName, Preset] = {
    "dates": Preset(
        # The measured figures are of dates as they are: 1 in 120 has an apostrophe that would change.
        pipeline={"normalisation": False, "encoder_units": 96, "decoder_units": 96},
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
    "article": _ARTICLE,
    # In section 4.1 both sides share their embedding.
    "article-shared": replace(_ARTICLE, pipeline={**_ARTICLE.pipeline, "shared_embedding": True}),
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


@checked
def load_corpus(
    name: PresetName,
    corpus_name: Name | None = None,
    context: PositiveInt = 1,
    options: dict | None = None,
) -> Corpus:
    """Load the corpus of a preset.

    Args:
        name: one of ``PRESETS``.
        corpus_name: another corpus to load in the same way; None takes the preset's.
        context: int, of ``corpora.cornell.load``: utterances that the source holds, at most.
        options: dict, of the corpus's ``load``; None takes ``corpus_options``.

    Returns:
        ``Corpus``.

    Raises:
        ValueError: there is no such preset, or no such corpus, or it has no longer contexts.
        s2s_lesson.corpora.CorpusUnavailable: the corpus can neither be found nor downloaded.
    """
    corpus = cast(Name, corpus_name or PRESETS[name].corpus_name or name)
    options = corpus_options(name, corpus) if options is None else options
    if context == 1:
        return load(corpus, **options)
    if corpus != "cornell":
        raise ValueError(
            f"Expected a context of 1 utterance with the corpus {corpus}; received {context}. "
            "Only cornell has longer ones."
        )
    return load(corpus, context=context, **options)


@checked
def corpus_options(name: PresetName, corpus_name: Name) -> dict[str, object]:
    """How a preset loads a corpus, its own or another: with those of its options that the corpus has.

    Args:
        name: one of ``PRESETS``.
        corpus_name: one of ``CORPORA``.

    Returns:
        dict.
    """
    known = options_of(corpus_name)
    return {option: value for option, value in PRESETS[name].corpus.items() if option in known}


@checked
def untrained(
    name: PresetName,
    seed: Seed = 0,
    corpus_name: Name | None = None,
    *,
    context: PositiveInt = 1,
    backward: bool = False,
    **pipeline_options: Any,
) -> tuple[Corpus, TextToText]:
    """Load a corpus and make the preset's untrained pipeline for it.

    Args:
        name: one of ``PRESETS``.
        seed: int, of the weights and of dropout.
        corpus_name, context: as in ``load_corpus``. The preset's longest source is meant for one utterance.
        backward: bool. Turn all pairs round: the model reads targets and writes sources.
        **pipeline_options: in place of the preset's own.

    Returns:
        corpus: ``Corpus``.
        pipeline: ``TextToText``.

    Raises:
        ValueError, s2s_lesson.corpora.CorpusUnavailable: as in ``load_corpus``.
    """
    corpus = load_corpus(name, corpus_name, context)
    if backward:
        corpus = corpus.reversed()
    options = options_for_pairs(name, context, backward)
    engine.seed_everything(seed)
    pipeline = TextToText.from_pairs(
        corpus.train,
        **{
            "source_tokens": corpus.source_tokens,
            "target_tokens": corpus.target_tokens,
            **options,
            **pipeline_options,
        },
    )
    return corpus, pipeline


@checked
def options_for_pairs(name: PresetName, context: PositiveInt = 1, backward: bool = False) -> dict[str, Any]:
    """The options of ``TextToText.from_pairs`` that a preset says, tokenizers apart.

    Args:
        name: one of ``PRESETS``.
        context: int. The preset's longest source is meant for one utterance.
        backward: bool. The model reads targets and writes sources.

    Returns:
        dict.
    """
    options = dict(PRESETS[name].pipeline)
    if context > 1 and "max_source_length" in options:
        options["max_source_length"] *= context
    longest = options.get("max_source_length"), options.get("max_output_length")
    if backward and None not in longest:
        options["max_output_length"], options["max_source_length"] = longest
    return options
