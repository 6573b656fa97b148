"""Decode with this package, with JoeyNMT and with a plain loop, in turns, and write what each costs.

    python -m benchmarks decode --turns 7

writes book/results/decode.json. It trains both models where they are not there yet (this package's own as
``python -m benchmarks figures pronunciations --seeds 0`` does), and puts JoeyNMT into a virtual environment
of its own. Nothing else should run on the machine meanwhile. Finished parts are kept in runs/decode/.
"""

import random
from contextlib import ExitStack
from functools import partial

from benchmarks.peers import joeynmt
from benchmarks.shared import arithmetic, quick
from benchmarks.shared.processes import Process, in_turns
from benchmarks.shared.results import ROOT, kept, runs_of, write_results
from benchmarks.shared.summaries import median, ratio, spread
from benchmarks.shared.training import shortened, trained_by_command_line

RESULTS = ("decode",)
THREADS, WORDS, PLAIN_WORDS = 2, 1_000, 50
BEAM_SIZE, BATCH_SIZE, MAX_LENGTH = 5, 128, 100
BEAM_SIZES, BATCH_SIZES = (1, 2, 5, 10, 20), (1, 8, 32, 128, 512)
LENGTHS = (5, 10, 20, 40, 80)  # forced, of 128 words
SEARCHES = {
    "search": "this package: encode, search, phones",
    "predict": "this package: TextToText.predict, attention as well, two batches at a time",
    "joeynmt": "JoeyNMT's predict",
    "plain": "a loop over sentences and hypotheses, one row a step",
}


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--turns", type=int, default=7)


def run(options):
    """Run the benchmark."""
    folder, model = runs_of("decode"), prepare()
    sources, references = test_words()
    words = sources[: quick.size(WORDS, 30)]
    paired = kept(folder / "paired.json", measure_paired, model, words, options.turns)
    outputs = kept(folder / "outputs.json", decode_all, model, sources)
    growth = kept(folder / "growth.json", measure_growth, model, words, max(3, options.turns // 2))
    write_results(
        "decode",
        ["decode", "--turns", options.turns],
        packages=("tensorflow", "keras", "numpy"),
        joeynmt={**joeynmt.versions(), "sizes": joeynmt.SIZES, "training": joeynmt.TRAINING},
        threads=THREADS,
        words=WORDS,
        plain_words=PLAIN_WORDS,
        beam_size=BEAM_SIZE,
        batch_size=BATCH_SIZE,
        searches=SEARCHES,
        errors={
            f"{count} words": {name: errors(texts, references, count) for name, texts in outputs.items()}
            for count in (WORDS, len(sources))
        },
        speed=summary(paired),
        arithmetic=paired["arithmetic"],
        growth=growth,
        runs=paired["turns"],
    )


def prepare():
    """Train what is not trained yet: the folder of this package's model, str."""
    joeynmt.prepare(corpus().splits, THREADS)
    if quick.is_on():
        return str(ROOT / "s2s_lesson" / "weights" / "pronunciations")
    return str(trained_by_command_line("pronunciations", 0))


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


def process_of(name, model):
    """Start one of ``SEARCHES``, or "product": a ``Process``."""
    place = {"log": runs_of("decode") / f"{name}.log", "threads": THREADS}
    if name == "joeynmt":
        return Process("benchmarks.peers.joeynmt:decoder", **place, python=joeynmt.PYTHON)
    if name == "product":
        return Process("benchmarks.shared.arithmetic:product_process", **place)
    return Process(f"benchmarks.decode:{name}_process", model, **place)


def measure_paired(model, words, turns):
    """Let all decode the same words, one after the other, over and over.

    JoeyNMT takes its batches in the order in which words come, and gets them sorted by length, so that
    batches hold words of one length. This package sorts them itself, within the time that is measured.

    Args:
        model: folder of this package's model.
        words: list of str.
        turns: int.

    Returns:
        dict of ``turns``, a list of dicts of seconds; ``memory``, for each the peak in mebibytes when loaded
        and in the end; ``words``, how many each decodes in a turn; and ``arithmetic``.
    """
    words_of = {name: words for name in SEARCHES}
    words_of["plain"] = words[: quick.size(PLAIN_WORDS, 3)]
    words_of["joeynmt"] = sorted(words, key=len)
    settings = {"beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
    requests = {name: {"words": words_of[name], **settings} for name in SEARCHES}
    requests["product"] = {"repeats": arithmetic.PRODUCTS}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(process_of(name, model)) for name in requests}
        answers = in_turns(
            {name: partial(process, **requests[name]) for name, process in processes.items()}, turns
        )
        counted = processes["search"](**requests["search"], count=True)["result"]
        loaded = {name: processes[name].loaded for name in SEARCHES}
    return {
        "turns": [{name: one["seconds"] for name, one in turn.items()} for turn in answers],
        "memory": {
            name: {"loaded": loaded[name], "peak": answers[-1][name]["peak_mebibytes"]} for name in SEARCHES
        },
        "words": {name: len(words_of[name]) for name in SEARCHES},
        "arithmetic": counted,
    }


def summary(paired):
    """Words a second of each search, its ratio to JoeyNMT in the same turn, and the share of the arithmetic.

    Args:
        paired: from ``measure_paired``.

    Returns:
        dict of one dict a search, and of ``gigaflops`` of the search: see ``arithmetic.gigaflops``.
    """
    turns, words = paired["turns"], paired["words"]
    rates = {name: [words[name] / turn[name] for turn in turns] for name in SEARCHES}
    speed = {
        name: {
            "words_per_second": median(rates[name]),
            "spread": spread(rates[name]),
            "times_joeynmt": ratio(rates[name], rates["joeynmt"]),
            "mebibytes": paired["memory"][name],
        }
        for name in SEARCHES
    }
    seconds = {name: [turn[name] for turn in turns] for name in ("search", "product")}
    operations = paired["arithmetic"]["multiply_adds"]
    flops = arithmetic.gigaflops("search", operations, seconds["search"], seconds["product"])
    return {**speed, "gigaflops": flops}


def decode_all(model, sources):
    """What each search but the plain one writes for all test words: dict of lists of lists of phones."""
    outputs = {}
    for name in ("search", "joeynmt"):
        with process_of(name, model) as process:
            outputs[name] = process(words=sources, beam_size=BEAM_SIZE, batch_size=BATCH_SIZE)["result"]
    return outputs


def errors(outputs, references, count):
    """Share of words and of phones that are wrong, any pronunciation that is listed being right."""
    from s2s_lesson.data import edit_distance_rate, exact_match

    outputs, references = outputs[:count], references[:count]
    return {
        "word_error_rate": 1 - exact_match(outputs, references),
        "phoneme_error_rate": edit_distance_rate(outputs, references),
    }


def measure_growth(model, words, turns):
    """How the cost grows with beam size, batch and length, all else being as in the paired runs.

    Args:
        model: folder of this package's model.
        words: list of str.
        turns: int.

    Returns:
        dict of lists of dicts of ``search``, the value, ``seconds`` (median) and ``words``.
    """
    values = {"beam_size": BEAM_SIZES, "batch_size": BATCH_SIZES, "length": LENGTHS}
    growth = {what: [] for what in values}
    cases = [(what, value) for what, several in values.items() for value in quick.size(several, [5])]
    with ExitStack() as stack:
        processes = {name: stack.enter_context(process_of(name, model)) for name in ("search", "joeynmt")}
        for what, value in cases:
            request = {"words": sorted(words, key=len), "beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
            if what == "length":
                request["words"] = words[:BATCH_SIZE]
            request[what] = value
            names = ["search"] if what == "length" else list(processes)  # JoeyNMT's predict forces no length
            answers = in_turns({name: partial(processes[name], **request) for name in names}, turns)
            for name in names:
                seconds = median(turn[name]["seconds"] for turn in answers)
                case = {"search": name, what: value, "words": len(request["words"]), "seconds": seconds}
                growth[what].append(case)
                print(case, flush=True)
    return growth


def search_process(folder):
    """Decode with this package: see ``worker``."""
    from s2s_lesson.data import pad
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.search import Constraints, beam_search

    pipeline = TextToText.load(folder)
    model, source_vocab, target_vocab = pipeline.model, pipeline.source_vocab, pipeline.target_vocab

    def decode(words, beam_size, batch_size, length=None, count=False):
        """The phones of each word; or with ``count`` what was computed."""
        shapes = []  # rows and source length of every step

        def counted(token_ids, state):
            shapes.append((len(token_ids), state["keys"].shape[1]))
            return model.step(token_ids, state)

        outputs = [None] * len(words)
        order = sorted(range(len(words)), key=lambda index: len(words[index]))
        positions = 0
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            source_ids = pad([source_vocab.encode(list(words[index])) for index in indices])
            positions += source_ids.size
            result = beam_search(
                counted if count else model.step,
                pipeline.encode({"source_ids": source_ids}),
                bos_id=target_vocab.bos_id,
                eos_id=target_vocab.eos_id,
                max_output_length=length or MAX_LENGTH,
                constraints=Constraints(min_output_length=length or 1),
                beam_size=beam_size,
            )
            written = zip(indices, result.sequences[:, 0], result.lengths[:, 0], strict=True)
            for index, sequence, size in written:
                outputs[index] = target_vocab.decode(sequence[:size])
        return counted_arithmetic(pipeline, len(words), positions, shapes) if count else outputs

    return decode


def counted_arithmetic(pipeline, words, positions, shapes):
    """What was computed: see ``arithmetic.multiply_adds``.

    Args:
        pipeline: ``TextToText``.
        words: int.
        positions: int. Source positions that were read, end tokens and padding included.
        shapes: list of pairs. Rows of each step, and source length.

    Returns:
        dict of ``positions``, ``steps``, ``rows`` (summed over the steps), ``encoder``, ``decoder`` and
        ``multiply_adds``, their sum.
    """
    rows = sum(count for count, _ in shapes)
    parts = arithmetic.multiply_adds(
        vars(pipeline.model.config),
        sources=words,
        positions=positions,
        outputs=rows,
        attended=sum(count * length for count, length in shapes),
    )
    sums = {"positions": positions, "steps": len(shapes), "rows": rows}
    return {**sums, **parts, "multiply_adds": sum(parts.values())}


def predict_process(folder):
    """Decode as users do: see ``worker``."""
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(folder)

    def decode(words, beam_size, batch_size):
        predictions = pipeline.predict(words, beam_size, batch_size=batch_size)
        return [prediction.text.split() for prediction in predictions]

    return decode


def plain_process(folder):
    """Decode with loops, as tutorials do: see ``worker``.

    It finds what ``beam_search`` finds. The step is compiled, and reads one hypothesis at a time.
    """
    import numpy as np

    from s2s_lesson import engine
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(folder)
    model, source_vocab, target_vocab = pipeline.model, pipeline.source_vocab, pipeline.target_vocab
    step = engine.compile_function(model.step, model)
    eos_id = target_vocab.eos_id

    def search(word, beam_size):
        state = pipeline.encode({"source_ids": np.array([source_vocab.encode(list(word))], "int32")})
        beam = [([target_vocab.bos_id], 0.0, state)]
        for _ in range(MAX_LENGTH):
            grown = []
            for tokens, log_prob, state in beam:
                if tokens[-1] == eos_id:
                    grown.append((tokens, log_prob, state))
                    continue
                logits, after = step(np.array(tokens[-1:], "int32"), state)
                logits = np.asarray(logits)[0]
                highest = logits.max()
                token_log_probs = logits - highest - np.log(np.exp(logits - highest).sum())
                for token in np.argsort(-token_log_probs)[:beam_size]:
                    grown.append(([*tokens, int(token)], log_prob + token_log_probs[token], after))
            beam = sorted(grown, key=lambda hypothesis: -hypothesis[1])[:beam_size]
            if beam[0][0][-1] == eos_id:
                break
        return target_vocab.decode(beam[0][0][1:])

    def decode(words, beam_size, batch_size):
        return [search(word, beam_size) for word in words]

    return decode
