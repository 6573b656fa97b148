"""Train the models that the package carries, and write their cards and figures.

    python -m benchmarks pretrained [--only NAME ...]

writes s2s_lesson/weights/NAME/ and book/results/pretrained.json. The runs stay in runs/pretrained/; one that
was interrupted goes on where it stopped when the command is given again. What is shipped and scored has
weights of 16 bits.
"""

import datetime
import warnings
from dataclasses import asdict, dataclass

from benchmarks.shared import quick
from benchmarks.shared.results import ROOT, runs_of, write_results
from benchmarks.shared.training import history_in, seconds_of, training_of, untrained

RESULTS = ("pretrained",)
SPLITS = ("dev", "test", "test_unseen_locales")
FIGURES = ("pairs", "perplexity", "exact_match", "token_error_rate")


@dataclass(frozen=True)
class Shipped:
    """A model that the package carries: how it is trained, and what its card says.

    Attributes:
        model: options in place of the preset's.
        training: likewise.
        noise: of ``Noise``, in training.
        told: of ``Card``: about, data, licence, attribution.
    """

    model: dict
    training: dict
    noise: dict
    told: dict


SHIPPED = {
    "dates": Shipped(
        model={},
        training={"epochs": 12, "average": 5},
        noise={"drop": 0.05, "blank": 0.05},  # of locales that it has not seen, it knows not every letter
        told={
            "about": "a date as people of many languages write it to year-month-day",
            "data": "dates of 1950 to 2049, written by Babel in the formats of Unicode's CLDR",
            "licence": "Unicode License v3",
            "attribution": "Unicode, Inc.",
        },
    ),
    "pronunciations": Shipped(
        model={"encoder_layers": 1, "encoder_units": 128, "decoder_units": 128},
        training={"epochs": 6},
        noise={},
        told={
            "about": "an English word in letters to its sounds, in the ARPAbet of CMUdict",
            "data": "CMUdict 0.7b",
            "licence": "BSD 2-Clause",
            "attribution": "Carnegie Mellon University",
        },
    ),
}


def add_arguments(parser):
    """Which models; None means all."""
    parser.add_argument("--only", nargs="+", choices=SHIPPED, metavar="NAME", help=", ".join(SHIPPED))


def run(options):
    """Train, write weights and cards into the package, and the cards' figures into the book."""
    from s2s_lesson.pipeline.cards import read_cards

    warnings.simplefilter("ignore")  # overlong pairs are left out
    package = quick.size(ROOT / "s2s_lesson", runs_of("pretrained")) / "weights"
    for name in options.only or SHIPPED:
        ship(name, package / name)
    cards = read_cards(package)
    write_results("pretrained", ["pretrained"], runs=[asdict(card) for card in cards.values()])


def ship(name, weights):
    """Train a model, and write it with its card into the folder of its weights."""
    from s2s_lesson.data import Noise
    from s2s_lesson.pipeline import TextToText, evaluate
    from s2s_lesson.pipeline.cards import CARD, Card, write_card

    shipped, folder = SHIPPED[name], runs_of("pretrained") / name
    corpus, pipeline = untrained(name, **shipped.model)
    training = training_of(name, **shipped.training, noise=Noise(**shipped.noise))
    pipeline.fit(corpus.train, corpus.dev, folder=folder, resume=True, progress=False, **training)
    history = history_in(folder)
    TextToText.load(folder).save(weights, weights="float16")
    pipeline = TextToText.load(weights)
    scored = {split: evaluate(pipeline, corpus.splits[split]) for split in SPLITS if split in corpus.splits}
    card = Card(
        name=name,
        **shipped.told,
        parameters=pipeline.model.count_params(),
        bytes=sum(file.stat().st_size for file in weights.iterdir() if file.name != CARD),
        scores={split: {figure: scores[figure] for figure in FIGURES} for split, scores in scored.items()},
        command=f"python -m benchmarks pretrained --only {name}",
        date=datetime.date.today().isoformat(),
        epochs=len(history["loss"]),
        training_seconds=seconds_of(history),
    )
    write_card(card, weights)
    print(card.report())
