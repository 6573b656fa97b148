"""Spanish to English: the model that the package carries beside JoeyNMT, at equal parameters and equal hours.

    python -m benchmarks spanish

writes book/results/spanish.json. Both learn from the same pairs in the same pieces, those of the package's
tokenizers, on one thread; JoeyNMT for as many processor seconds as the package, or more. The package's are
those of an update, measured anew, times the updates of its training. How each searches (beam size, length
penalty) and the learning rate of JoeyNMT are chosen on the development split, and scored on the test split,
as text. The runs stay in runs/spanish/; JoeyNMT has a virtual environment of its own. Several processes
may share the work: --only names what one does, and writes no results.
"""

import time
import warnings
from itertools import product

from benchmarks.peers import joeynmt
from benchmarks.shared import quick
from benchmarks.shared.processes import Process
from benchmarks.shared.results import kept, runs_of, write_results
from benchmarks.shared.shipped import SHIPPED
from benchmarks.shared.training import shortened, training_of, untrained

RESULTS = ()  # not run to its end yet
SIZES = {
    "embedding_dim": 128,
    "target_embedding_dim": 192,
    "units": 160,
    "decoder_units": 192,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "dropout": 0.1,
    "input_feeding": True,
    "tied_output": True,
}
TRAINING = {"batch_size": 128, "label_smoothing": 0.1, "pairs_per_epoch": 22_872, "validation_freq": 900}
EPOCHS = 13  # of a fifth of the pairs each: as many processor seconds as the package, and some more
LAST_SHARE = 0.02  # of the learning rate, at the end
LEARNING_RATES = (0.002, 0.005, 0.01)
LANGUAGES = ("es", "en")
BEAM_SIZES = (1, 5, 10)
LENGTH_PENALTIES = (0.0, 0.6, 1.0)
BATCH_SIZE = 64
METRICS = ("bleu", "chrf")
TIMED = 200  # updates, of which the first half compiles


def add_arguments(parser):
    """Which runs; None means all."""
    names = ["package", *map(str, LEARNING_RATES)]
    parser.add_argument("--only", choices=names, help="the package's model, or JoeyNMT's learning rate")


def run(options):
    """Run the benchmark."""
    from s2s_lesson.pipeline import load_corpus, pretrained

    warnings.simplefilter("ignore")  # overlong pairs are left out
    joeynmt.install()
    corpus, pipeline = shortened(load_corpus(SHIPPED["spanish"].corpus)), pretrained("spanish")
    texts = {split: pipeline.references(corpus.splits[split]) for split in ("dev", "test")}
    write_data(corpus, pipeline, texts)
    measured = {"package": lambda: of_package(corpus, pipeline, texts)}
    for rate in LEARNING_RATES:
        measured[str(rate)] = lambda rate=rate: of_joeynmt(rate, pipeline, texts)
    names = [options.only] if options.only else list(measured)
    runs = [kept(runs_of("spanish") / f"{name}.json", measured[name]) for name in names]
    if not options.only:
        write(runs)


def write(runs):
    """Write the figures of the package's model, first, and of JoeyNMT's, once all had as many hours."""
    for one in runs[1:]:
        if one["processor_seconds"] < runs[0]["processor_seconds"] and not quick.is_on():
            raise ValueError(
                f"Expected JoeyNMT to learn for {runs[0]['processor_seconds']:.0f} processor seconds or "
                f"more; received {one['processor_seconds']:.0f}. Give it more EPOCHS."
            )
    write_results(
        "spanish",
        ["spanish"],
        ("tensorflow", "keras", "sacrebleu"),
        joeynmt={**joeynmt.versions(), "sizes": SIZES, "training": training(None), "epochs": EPOCHS},
        runs=runs,
    )


def data():
    """Where the texts of JoeyNMT are: Path."""
    return runs_of("spanish") / "data"


def write_data(corpus, pipeline, texts):
    """Write the texts in pieces, with blanks between them; of dev and test, a source each."""

    def pieces(source, target):
        return " ".join(pipeline.source_side(source)), " ".join(pipeline.target_side(target))

    splits = {
        name: [(source, right[0]) for source, right in zip(*lists, strict=True)]
        for name, lists in texts.items()
    }
    splits = {"train": corpus.train, **splits}
    joeynmt.write_data(
        {
            name: [pieces(*pair) for pair in pairs if pipeline.accepts(*pair)]
            for name, pairs in splits.items()
        },
        data(),
        LANGUAGES,
    )


def of_package(corpus, pipeline, texts):
    """The package's model: dict of ``name``, ``parameters``, ``processor_seconds`` and as ``tuned``."""

    def translated(sources, beam_size, length_penalty):
        written = pipeline.predict(
            sources, beam_size, batch_size=BATCH_SIZE, length_penalty=length_penalty, truncate=True
        )
        return [prediction.text for prediction in written]

    return {
        "name": "s2s-lesson",
        "parameters": pipeline.model.count_params(),
        "processor_seconds": seconds_of_training(corpus, SHIPPED["spanish"].training["epochs"]),
        **tuned(translated, pipeline, texts),
    }


def seconds_of_training(corpus, epochs):
    """Processor seconds that the updates of so many epochs of the package's training take."""
    from s2s_lesson.training import compile_model

    _, fresh = untrained("spanish", **SHIPPED["spanish"].model)
    training = training_of("spanish")
    compile_model(fresh.model, training["learning_rate"], label_smoothing=training["label_smoothing"])
    batches = fresh.batches(corpus.train, training["batch_size"], shuffle=True)
    half = quick.size(TIMED, 4) // 2
    for index in range(2 * half):
        if index == half:
            began = time.process_time()
        fresh.model.train_on_batch(*batches[index % len(batches)])
    return (time.process_time() - began) / half * len(batches) * epochs


def of_joeynmt(rate, pipeline, texts):
    """Train and score JoeyNMT's model with a learning rate.

    Returns:
        dict of ``name``, ``learning_rate``, ``parameters``, ``processor_seconds`` of its training, and as
        ``tuned``.
    """
    folder = runs_of("spanish") / f"joeynmt-{rate}"
    folder.mkdir(parents=True, exist_ok=True)
    seconds = kept(folder / "trained.json", trained_by_joeynmt, rate, folder)
    target = "benchmarks.spanish:decoder"
    with Process(target, rate, log=folder / "decoder.log", threads=1, python=joeynmt.PYTHON) as decode:

        def translated(sources, beam_size, length_penalty):
            asked = [" ".join(pipeline.source_side(source)) for source in sources]
            penalty = length_penalty or -1.0  # how JoeyNMT says none
            request = {"beam_size": beam_size, "batch_size": BATCH_SIZE, "length_penalty": penalty}
            written = decode(words=asked, **request)["result"]
            return [pipeline.target_tokens.detokenize(pieces) for pieces in written]

        figures = tuned(translated, pipeline, texts)
        parameters = decode(parameters=True)["result"]
    return {
        "name": "JoeyNMT",
        "learning_rate": rate,
        "parameters": parameters,
        "processor_seconds": seconds,
        **figures,
    }


def training(rate):
    """The training of JoeyNMT with a learning rate."""
    small = quick.size({}, {"pairs_per_epoch": 250, "validation_freq": 2})
    epochs = quick.size(EPOCHS, 1)
    return {**TRAINING, **small, "learning_rate": rate, "decay": LAST_SHARE ** (1 / EPOCHS), "epochs": epochs}


def settings(rate):
    """The configuration of JoeyNMT with a learning rate."""
    folder = runs_of("spanish") / f"joeynmt-{rate}" / "model"
    sides = dict(zip(("src", "trg"), ((language, "word") for language in LANGUAGES), strict=True))
    return joeynmt.configuration(folder, data(), sides, SIZES, training(rate))


def trained_by_joeynmt(rate, folder):
    """Train JoeyNMT: processor seconds."""
    return joeynmt.train(settings(rate), folder, 1)


def decoder(rate):
    """JoeyNMT's prediction in a process of its own: see ``worker``."""
    return joeynmt.decoder_of(settings(rate))


def tuned(translated, pipeline, texts):
    """Choose a search on the development split by BLEU, and score it on the test split.

    Args:
        translated: function of sources, beam size and length penalty that returns as many texts.
        pipeline: ``TextToText``, whose tokenizer says what the references look like.
        texts: dict of sources and references of "dev" and "test".

    Returns:
        dict of ``dev``, a list of one dict a search, and ``test``, the chosen one: ``beam_size``,
        ``length_penalty``, ``bleu`` and ``chrf``.
    """

    def scored(split, beam_size, length_penalty):
        sources, right = texts[split]
        return {
            "beam_size": beam_size,
            "length_penalty": length_penalty,
            **score(translated(sources, beam_size, length_penalty), right, pipeline),
        }

    searches = product(BEAM_SIZES, LENGTH_PENALTIES)
    dev = [scored("dev", *search) for search in searches if search[0] > 1 or search[1] == 0]
    best = max(dev, key=lambda scores: scores["bleu"])
    return {"dev": dev, "test": scored("test", best["beam_size"], best["length_penalty"])}


def score(outputs, right, pipeline):
    """BLEU and chrF of texts, as ``evaluate`` scores them."""
    from s2s_lesson.data import detokenize, score_texts

    tokens = pipeline.target_tokens
    expected = [[detokenize(pipeline.target_side(text), tokens) for text in texts] for texts in right]
    scores = score_texts(outputs, expected, METRICS, order="outputs")
    return {name: scores[name] for name in METRICS}
