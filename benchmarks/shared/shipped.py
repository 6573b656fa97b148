"""The models that the package carries: how each is trained, and what its card says."""

from dataclasses import dataclass, field, replace

from benchmarks.shared.training import training_of, untrained


@dataclass(frozen=True)
class Shipped:
    """A model that the package carries: how it is trained, and what its card says.

    Attributes:
        corpus: name of its corpus and preset.
        told: of ``Card``: about, data, licence, attribution.
        model: options in place of the preset's.
        training: likewise.
        noise: of ``Noise``, in training.
        teacher: the larger model that it is distilled from, likewise made and trained; or None.
        distillation: of ``distilled``.
        metrics: of ``evaluate``, beside perplexity.
        chats: whether many outputs are right, so that they are drawn and not searched for.
    """

    corpus: str
    told: dict
    model: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    noise: dict = field(default_factory=dict)
    teacher: "Shipped | None" = None
    distillation: dict = field(default_factory=dict)
    metrics: tuple = ("exact_match", "token_error_rate")
    chats: bool = False


SHIPPED = {
    "dates": Shipped(
        corpus="dates",
        told={
            "about": "a date as people of many languages write it to year-month-day",
            "data": "dates of 1950 to 2049, written by Babel in the formats of Unicode's CLDR",
            "licence": "Unicode License v3",
            "attribution": "Unicode, Inc.",
        },
        training={"epochs": 12, "average": 5},
        noise={"drop": 0.05, "blank": 0.05},  # of locales that it has not seen, it knows not every letter
    ),
    "pronunciations": Shipped(
        corpus="pronunciations",
        told={
            "about": "an English word in letters to its sounds, in the ARPAbet of CMUdict",
            "data": "CMUdict 0.7b",
            "licence": "BSD 2-Clause",
            "attribution": "Carnegie Mellon University",
        },
        model={"encoder_layers": 1, "encoder_units": 128, "decoder_units": 128, "dropout": 0.2},
        training={"epochs": 20, "average": 5},
    ),
    "small-talk": Shipped(
        corpus="chitchat",
        told={
            "about": "what somebody says to what another might answer, in lower case",
            "data": "chitchat-dataset, 7,168 conversations between volunteers",
            "licence": "MIT",
            "attribution": "Will Myers, BYU Perception, Control and Cognition Laboratory",
        },
        model={
            "source_tokens": "bpe",
            "target_tokens": "bpe",
            "max_vocab_size": 3000,
            "shared_vocab": True,
            "shared_embedding": True,
            "tied_output": True,
            "embedding_dim": 192,
        },
        training={"epochs": 4, "average": 2, "label_smoothing": 0.0},  # smoothing spoils samples
        metrics=("perplexity_per_character", "distinct"),
        chats=True,
    ),
    "spanish": Shipped(
        corpus="spanish",
        told={
            "about": "a Spanish sentence to an English one, in lower case",
            "data": "sentence pairs of tatoeba.org, gathered by manythings.org/anki in May 2018",
            "licence": "CC BY 2.0 FR",
            "attribution": "the contributors of tatoeba.org",
        },
        model={
            "source_tokens": "bpe",
            "target_tokens": "bpe",
            "min_count": 1,
            "max_vocab_size": 3000,
            "embedding_dim": 128,
            "encoder_units": 160,
            "tied_output": True,
            "dropout": 0.1,
        },
        training={"epochs": 8, "average": 3},
        metrics=("bleu", "chrf"),
    ),
}


def trained(name, folder, **model):
    """Train a model in a folder as the package's is trained, or go on with it.

    Args:
        name: one of ``SHIPPED``.
        folder: Path.
        **model: options in place of its own.

    Returns:
        Its ``Corpus``.
    """
    shipped = SHIPPED[name]
    return trained_as(replace(shipped, model={**shipped.model, **model}), folder)


def trained_as(shipped, folder):
    """Train a model in a folder, or go on with it, with its teacher beside it: a ``Shipped`` and a Path.

    Returns:
        Its ``Corpus``.
    """
    from s2s_lesson.data import Noise
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.pipeline.distillation import distilled
    from s2s_lesson.training import holds_run
    from s2s_lesson.training.run_folder import N_BEST

    pairs, weights = None, None
    if shipped.teacher:
        of_teacher = teacher_of(folder)
        truth = trained_as(shipped.teacher, of_teacher).train
        folder.mkdir(parents=True, exist_ok=True)
        pairs, weights = distilled(
            TextToText.load(of_teacher), truth, path=folder / N_BEST, **shipped.distillation
        )
    corpus, pipeline = untrained(shipped.corpus, **shipped.model)
    training = training_of(shipped.corpus, **shipped.training, noise=Noise(**shipped.noise))
    pipeline.fit(
        pairs or corpus.train,
        corpus.dev,
        weights=weights,
        folder=folder,
        resume=holds_run(folder),
        progress=False,
        **training,
    )
    return corpus


def teacher_of(folder):
    """The Path of the run of a model's teacher."""
    return folder.with_name(f"{folder.name}-teacher")
