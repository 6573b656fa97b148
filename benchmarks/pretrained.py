"""Train the models that the package carries, and write their cards and figures.

    python -m benchmarks pretrained [--only NAME ...]

writes s2s_lesson/weights/NAME/ and book/results/pretrained.json. The runs stay in runs/pretrained/; one that
was interrupted goes on where it stopped when the command is given again, and models that are not named keep
their figures. What is shipped and scored has weights of 16 bits. Three of the test sources, drawn at random,
stand in the file with what the model writes for them.
"""

import datetime
import shutil
import warnings
from dataclasses import asdict

from benchmarks.shared import quick
from benchmarks.shared.replies import figures, retrieved
from benchmarks.shared.results import ROOT, kept, runs_of, write_results
from benchmarks.shared.shipped import SHIPPED, trained
from benchmarks.shared.training import history_in, seconds_of, shortened

RESULTS = ("pretrained",)
SPLITS = ("dev", "test", "test_unseen_locales")
FIGURES = (
    "pairs",
    "perplexity",
    "perplexity_per_character",
    "exact_match",
    "token_error_rate",
    "bleu",
    "chrf",
    "distinct_1",
    "distinct_2",
)
DRAWN, SEED = 3, 0
NUCLEUS = {"top_p": 0.9, "seed": SEED}


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
    runs = [
        {**asdict(card), **kept(runs_of("pretrained") / f"{name}.json", shown, name, package / name)}
        for name, card in read_cards(package).items()
    ]
    write_results("pretrained", ["pretrained"], ("tensorflow", "keras", "sacrebleu"), runs=runs)


def ship(name, weights):
    """Train a model, and write it with its card into the folder of its weights."""
    from s2s_lesson.pipeline import TextToText, evaluate
    from s2s_lesson.pipeline.cards import CARD, Card, write_card

    shipped, folder = SHIPPED[name], runs_of("pretrained") / name
    corpus = trained(name, folder)
    history = history_in(folder)
    shutil.rmtree(weights, ignore_errors=True)
    TextToText.load(folder).save(weights, weights="float16")
    pipeline = TextToText.load(weights)
    scored = {
        split: evaluate(pipeline, corpus.splits[split], metrics=["perplexity", *shipped.metrics])
        for split in SPLITS
        if split in corpus.splits
    }
    card = Card(
        name=name,
        corpus=shipped.corpus,
        **shipped.told,
        parameters=pipeline.model.count_params(),
        bytes=sum(file.stat().st_size for file in weights.iterdir() if file.name != CARD),
        scores={
            split: {name: figure for name, figure in scores.items() if name in FIGURES}
            for split, scores in scored.items()
        },
        command=f"python -m benchmarks pretrained --only {name}",
        date=datetime.date.today().isoformat(),
        epochs=len(history["loss"]),
        training_seconds=seconds_of(history),
    )
    write_card(card, weights)
    (runs_of("pretrained") / f"{name}.json").unlink(missing_ok=True)
    print(card.report())


def shown(name, weights):
    """What the model writes for some test sources; and of one that chats, how much all its replies differ.

    Args:
        name: one of ``SHIPPED``.
        weights: Path of its folder.

    Returns:
        dict of ``search`` and ``drawn``, a list of dicts of ``source``, ``output`` and ``right``, all that
        counts as right; and ``replies``, a dict of ``figures`` by how the replies were chosen.
    """
    import numpy as np

    from s2s_lesson.corpora import group_references
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.pipeline.presets import load_corpus

    shipped, pipeline = SHIPPED[name], TextToText.load(weights)
    corpus = shortened(load_corpus(shipped.corpus))
    sources, right = group_references(corpus.test)
    rows = np.random.default_rng(SEED).choice(len(sources), DRAWN, replace=False).tolist()
    asked = [sources[row] for row in rows]
    if shipped.chats:
        search, written = "a sample, top-p 0.9", pipeline.sample(asked, truncate=True, **NUCLEUS)
    else:
        search, written = "beam of 5", pipeline.predict(asked, truncate=True)
    return {
        "search": search,
        "drawn": [
            {"source": sources[row], "output": prediction.text, "right": right[row]}
            for row, prediction in zip(rows, written, strict=True)
        ],
        **({"replies": replies(pipeline, corpus)} if shipped.chats else {}),
    }


def replies(pipeline, corpus):
    """Figures of replies to the test sources: dict by how they were chosen."""
    sources = [source for source, _ in corpus.test]
    chosen = {
        "beam of 5": [reply.text for reply in pipeline.predict(sources, truncate=True)],
        "a sample": [reply.text for reply in pipeline.sample(sources, truncate=True, seed=SEED)],
        "a sample, top-p 0.9": [reply.text for reply in pipeline.sample(sources, truncate=True, **NUCLEUS)],
        "retrieval": retrieved(corpus.train, sources),
        "what was said": [target for _, target in corpus.test],
    }
    scored = {name: figures(texts, corpus.test) for name, texts in chosen.items()}
    for scores in scored.values():
        del scores["commonest"]  # it may be a text of the corpus
    return scored
