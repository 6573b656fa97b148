"""Decode with this package, with its exported model, with JoeyNMT and with a plain loop, in turns.

    python -m benchmarks decode --turns 7

writes book/results/decode.json: what each costs at the sizes of the preset, and at those of the model that
comes with the package; what one word alone costs, and the first one; how the cost grows; and what ranking
takes. It trains the models that are not there yet (this package's own as
``python -m benchmarks figures pronunciations --seeds 0`` does), and puts JoeyNMT into a virtual environment
of its own. Nothing else should run on the machine meanwhile. Finished parts are kept in runs/decode/.
"""

import random
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from benchmarks.peers import joeynmt
from benchmarks.shared import arithmetic, decoders, quick
from benchmarks.shared.processes import Process, in_processes, in_turns, run_to_end
from benchmarks.shared.results import ROOT, kept, runs_of, write_results
from benchmarks.shared.summaries import median, ratio, spread
from benchmarks.shared.training import shortened, trained_by_command_line

RESULTS = ("decode",)
THREADS, WORDS, PLAIN_WORDS, SINGLE_WORDS = 2, 1_000, 50, 100
BEAM_SIZE, BATCH_SIZE = 5, 128
BEAM_SIZES, BATCH_SIZES = (1, 2, 5, 10, 20), (1, 8, 32, 128, 512)
LENGTHS = (5, 10, 20, 40, 80)  # forced, of 128 words
VOCAB_SIZES, VOCAB_LENGTH = (43, 1_000, 8_000, 32_000), 20  # likewise, of models that are not trained
SEARCHES = {
    "search": "this package: encode, search, phones",
    "predict": "this package: TextToText.predict, attention as well, two batches at a time",
    "deployed": "the exported model, without Keras: encode, search, phones",
    "deployed_predict": "the exported model: predict, attention as well, two batches at a time",
    "joeynmt": "JoeyNMT's predict",
    "plain": "a loop over sentences and hypotheses, one row a step",
}
PLAIN = {"plain"}  # left out at the sizes of the model that comes with the package
SINGLE = ("predict", "deployed_predict", "joeynmt")
STARTS = ("predict", "deployed_predict")
SHIPPED = ROOT / "s2s_lesson" / "weights" / "pronunciations"


@dataclass(frozen=True)
class Models:
    """Models of the same sizes.

    Attributes:
        name: "preset" or "shipped".
        keras: str, the folder of this package's.
        exported: str, that of its export.
        joeynmt: one of ``joeynmt.MODELS``.
    """

    name: str
    keras: str
    exported: str
    joeynmt: str


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--turns", type=int, default=7)


def run(options):
    """Run the benchmark."""
    folder, turns, few = runs_of("decode"), options.turns, max(3, options.turns // 2)
    sources, references = test_words()
    words = sources[: quick.size(WORDS, 30)]
    preset, shipped = prepare(words)
    of_preset, of_shipped = (
        measured(models, sources, references, words, turns) for models in (preset, shipped)
    )
    single = kept(folder / "single.json", measure_single, shipped, words, turns)
    start = kept(folder / "start.json", measure_start, shipped, words[0], turns)
    growth = kept(folder / "growth.json", measure_growth, preset, words, few)
    growth["vocabulary"] = kept(folder / "vocabulary.json", measure_vocabulary, words, few)
    write_results(
        "decode",
        ["decode", "--turns", turns],
        packages=("tensorflow", "keras", "numpy", "onnxruntime"),
        joeynmt={**joeynmt.versions(), "sizes": joeynmt.SIZES, "training": joeynmt.TRAINING},
        threads=THREADS,
        words=WORDS,
        plain_words=PLAIN_WORDS,
        beam_size=BEAM_SIZE,
        batch_size=BATCH_SIZE,
        searches=SEARCHES,
        **of_preset,
        shipped={"sizes": joeynmt.MODELS[shipped.joeynmt], **of_shipped},
        single={
            "words": SINGLE_WORDS,
            "threads": 1,
            **summary_of(single, SINGLE, 1_000 / quick.size(SINGLE_WORDS, 3)),
        },
        start=summary_of(start, STARTS),
        ranking=kept(folder / "ranking.json", measure_ranking, turns),
        growth=growth,
    )


def measured(models, sources, references, words, turns):
    """Outputs, speed, and what was computed, of models of the same sizes: dict, for the results."""
    folder = runs_of("decode") / models.name
    paired = kept(folder / "paired.json", measure_paired, models, words, turns)
    outputs = kept(folder / "outputs.json", decode_all, models, sources)
    counts = {f"{count} words": count for count in (WORDS, len(sources))}
    return {
        "errors": {
            key: {name: errors(texts, references, count) for name, texts in outputs.items()}
            for key, count in counts.items()
        },
        "same_outputs": {
            key: same_outputs(outputs["search"][:count], outputs["deployed"][:count])
            for key, count in counts.items()
        },
        "speed": summary(paired),
        "arithmetic": paired["arithmetic"],
        "runs": paired["turns"],
    }


def prepare(words):
    """Train what is not trained yet, and export it: the ``Models`` of the preset, and those that are shipped.

    Args:
        words: list of str. On some of them, exports are compared with their models.
    """
    splits = corpus().splits
    for model in joeynmt.MODELS:
        joeynmt.prepare(splits, THREADS, model)
    runs = {"preset": SHIPPED, "shipped": SHIPPED}
    if not quick.is_on():
        runs["preset"] = trained_by_command_line("pronunciations", 0)
    for name, folder in runs.items():
        if not (exported := runs_of("decode") / name / "exported").exists():
            in_processes(decoders.export, [(str(folder), str(exported), words[:31])])
        yield Models(name, str(folder), str(exported), dict(zip(runs, joeynmt.MODELS, strict=True))[name])


def corpus():
    """The corpus that both models learn from."""
    from s2s_lesson.corpora import load

    return shortened(load("pronunciations"))


def test_words():
    """The distinct test words in an order drawn once, and for each its pronunciations: lists of phones."""
    from s2s_lesson.corpora import group_references

    sources, targets = group_references(corpus().test)
    pairs = list(zip(sources, targets, strict=True))
    random.Random(0).shuffle(pairs)
    sources, targets = zip(*pairs, strict=True)
    return list(sources), [[target.split() for target in right] for right in targets]


def process_of(name, models, threads=THREADS):
    """Start one of ``SEARCHES``, or "product": a ``Process``.

    Args:
        name: str.
        models: ``Models``.
        threads: int.
    """
    place = {"log": runs_of("decode") / f"{name}.log", "threads": threads}
    if name == "joeynmt":
        target = "benchmarks.peers.joeynmt:decoder"
        return Process(target, models.joeynmt, **place, python=joeynmt.PYTHON)
    if name == "product":
        return Process("benchmarks.shared.arithmetic:product_process", **place)
    folder = [models.exported, threads] if name.startswith("deployed") else [models.keras]
    return Process(f"benchmarks.shared.decoders:{name}_process", *folder, **place)


def measure_paired(models, words, turns):
    """Let all decode the same words, one after the other, over and over.

    JoeyNMT takes its batches in the order in which words come, and gets them sorted by length, so that
    batches hold words of one length. This package sorts them itself, within the time that is measured.

    Args:
        models: ``Models``.
        words: list of str.
        turns: int.

    Returns:
        dict of ``turns``, a list of dicts of seconds; ``memory``, for each the peak in mebibytes when loaded
        and in the end; ``words``, how many each decodes in a turn; and ``arithmetic``.
    """
    names = [name for name in SEARCHES if models.name == "preset" or name not in PLAIN]
    words_of = {name: words for name in names}
    words_of["joeynmt"] = sorted(words, key=len)
    if "plain" in names:
        words_of["plain"] = words[: quick.size(PLAIN_WORDS, 3)]
    settings = {"beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
    requests = {name: {"words": words_of[name], **settings} for name in names}
    requests["product"] = {"repeats": arithmetic.PRODUCTS}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(process_of(name, models)) for name in requests}
        answers = in_turns(
            {name: partial(process, **requests[name]) for name, process in processes.items()}, turns
        )
        counted = processes["deployed"](**requests["deployed"], count=True)["result"]
        loaded = {name: processes[name].loaded for name in names}
    return {
        "turns": [{name: one["seconds"] for name, one in turn.items()} for turn in answers],
        "memory": {
            name: {"loaded": loaded[name], "peak": answers[-1][name]["peak_mebibytes"]} for name in names
        },
        "words": {name: len(words_of[name]) for name in names},
        "arithmetic": counted,
    }


def summary(paired):
    """Words a second of each search, its ratio to JoeyNMT in the same turn, and the share of the arithmetic.

    Args:
        paired: from ``measure_paired``.

    Returns:
        dict of one dict a search; of ``gigaflops`` of the search, see ``arithmetic.gigaflops``; and of
        ``gigaflops_deployed``, those of the exported model.
    """
    turns, words = paired["turns"], paired["words"]
    rates = {name: [count / turn[name] for turn in turns] for name, count in words.items()}
    speed = {
        name: {
            "words_per_second": median(rate),
            "spread": spread(rate),
            "times_joeynmt": ratio(rate, rates["joeynmt"]),
            "mebibytes": paired["memory"][name],
        }
        for name, rate in rates.items()
    }
    seconds = {name: [turn[name] for turn in turns] for name in ("search", "deployed", "product")}
    flops = {
        name: arithmetic.gigaflops(
            name, paired["arithmetic"]["multiply_adds"], seconds[name], seconds["product"]
        )
        for name in ("search", "deployed")
    }
    return {**speed, "gigaflops": flops["search"], "gigaflops_deployed": flops["deployed"]}


def summary_of(turns, names, factor=1):
    """Median and spread of a figure of each, and its ratio to the last one in the same turn.

    Args:
        turns: list of dicts of float.
        names: list of str.
        factor: float, by which all are multiplied.

    Returns:
        dict of one dict a name, of ``median``, ``spread`` and "times_NAME" of the last name; and of ``runs``,
        what was multiplied.
    """
    values = {name: [factor * turn[name] for turn in turns] for name in names}
    last = names[-1]
    figures = {
        name: {
            "median": median(own),
            "spread": spread(own),
            f"times_{last}": ratio(own, values[last]),
        }
        for name, own in values.items()
    }
    return {**figures, "runs": turns}


def decode_all(models, sources):
    """What searches write for all test words: dict of lists of lists of phones."""
    outputs = {}
    for name in ("search", "deployed", "joeynmt"):
        with process_of(name, models) as process:
            outputs[name] = process(words=sources, beam_size=BEAM_SIZE, batch_size=BATCH_SIZE)["result"]
    return outputs


def same_outputs(outputs, others):
    """Share of words for which both are equal."""
    return sum(one == other for one, other in zip(outputs, others, strict=True)) / len(outputs)


def errors(outputs, references, count):
    """Share of words and of phones that are wrong, any pronunciation that is listed being right."""
    from s2s_lesson.data import edit_distance_rate, exact_match

    outputs, references = outputs[:count], references[:count]
    return {
        "word_error_rate": 1 - exact_match(outputs, references),
        "phoneme_error_rate": edit_distance_rate(outputs, references),
    }


def measure_single(models, words, turns):
    """Decode words one at a time, all by ``predict`` and in one thread: list of dicts of seconds, one a turn.

    Each word is a request of its own; JoeyNMT gets all words in one, as batches of one word.
    """
    words = words[: quick.size(SINGLE_WORDS, 3)]
    with ExitStack() as stack:
        processes = {name: stack.enter_context(process_of(name, models, threads=1)) for name in SINGLE}
        request = {"words": words, "beam_size": BEAM_SIZE, "batch_size": 1}
        requests = {name: request if name == "joeynmt" else {**request, "alone": True} for name in SINGLE}
        answers = in_turns(
            {name: partial(process, **requests[name]) for name, process in processes.items()}, turns
        )
    return [{name: one["seconds"] for name, one in turn.items()} for turn in answers]


def measure_start(models, word, turns):
    """From nothing to the first answer, each in a fresh process: list of dicts of processor seconds."""
    folders = {"predict": models.keras, "deployed_predict": models.exported}
    commands = {name: [sys.executable, "-c", decoders.STARTS[name], folders[name], word] for name in STARTS}
    answers = in_turns({name: partial(run_to_end, command) for name, command in commands.items()}, turns)
    if len({one["output"] for turn in answers for one in turn.values()}) != 1:
        raise RuntimeError(f"Expected the same answer of all; received {answers}.")
    return [{name: one["processor_seconds"] for name, one in turn.items()} for turn in answers]


def measure_growth(models, words, turns):
    """How the cost grows with beam size, batch and length, all else being as in the paired runs.

    Args:
        models: ``Models``.
        words: list of str.
        turns: int.

    Returns:
        dict of lists of dicts of ``search``, the value, ``seconds`` (median) and ``words``.
    """
    values = {"beam_size": BEAM_SIZES, "batch_size": BATCH_SIZES, "length": LENGTHS}
    growth = {what: [] for what in values}
    cases = [(what, value) for what, several in values.items() for value in quick.size(several, [5])]
    with ExitStack() as stack:
        names = ("search", "deployed", "joeynmt")
        processes = {name: stack.enter_context(process_of(name, models)) for name in names}
        for what, value in cases:
            request = {"words": words, "beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
            if what == "length":
                request["words"] = words[:BATCH_SIZE]
            if what == "batch_size":  # the smallest take long
                request["words"] = words[: 100 * value]
            request["words"] = sorted(request["words"], key=len)
            request[what] = value
            chosen = names[:-1] if what == "length" else names  # JoeyNMT's predict forces no length
            answers = in_turns({name: partial(processes[name], **request) for name in chosen}, turns)
            for name in chosen:
                seconds = median(turn[name]["seconds"] for turn in answers)
                case = {"search": name, what: value, "words": len(request["words"]), "seconds": seconds}
                growth[what].append(case)
                print(case, flush=True)
    return growth


def measure_vocabulary(words, turns):
    """How the cost grows with the target vocabulary: models of the preset's sizes that are not trained.

    Each writes ``VOCAB_LENGTH`` tokens for each of 128 words, by its exported step.

    Args:
        words: list of str.
        turns: int.

    Returns:
        list of dicts of ``search``, ``vocab_size``, ``length``, ``words``, ``seconds`` (median) and
        ``mebibytes``, the peak.
    """
    request = {"words": words[:BATCH_SIZE], "beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
    request["length"] = quick.size(VOCAB_LENGTH, 2)
    cases = []
    for size in quick.size(VOCAB_SIZES, VOCAB_SIZES[:2]):
        folder = runs_of("decode") / f"vocabulary-{size}"
        if not folder.exists():
            in_processes(decoders.export_untrained, [(size, str(folder))])
        with process_of("deployed", Models("untrained", "", str(folder), "")) as process:
            answers = in_turns({"deployed": partial(process, **request)}, turns)
        cases.append(
            {
                "search": "deployed",
                "vocab_size": size,
                "length": request["length"],
                "words": len(request["words"]),
                "seconds": median(turn["deployed"]["seconds"] for turn in answers),
                "mebibytes": answers[-1]["deployed"]["peak_mebibytes"],
            }
        )
        print(cases[-1], flush=True)
    return cases


def measure_ranking(turns):
    """What ranking the logits of one step takes: see ``benchmarks.shared.ranking``."""
    from benchmarks.shared import ranking

    return ranking.measure(turns)
