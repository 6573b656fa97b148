"""Decode with this package, with JoeyNMT and with a plain loop, in turns, and write what each costs.

    python benchmarks/decode.py decode

writes book/results/decode.json. It trains both models where they are not there yet (this package's own as
``benchmarks/figures.py pronunciations --seeds 0`` does), and puts JoeyNMT into a virtual environment of its
own. Nothing else should run on the machine meanwhile. Finished parts are kept in runs/decode/.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys

import joey
from results import ROOT, kept, spread, write_results

OURS = ROOT / "runs" / "figures" / "pronunciations-0"
RUNS = ROOT / "runs" / "decode"
THREADS, WORDS, PLAIN_WORDS = 2, 1_000, 50
BEAM_SIZE, BATCH_SIZE, MAX_LENGTH = 5, 128, 100
BEAM_SIZES, BATCH_SIZES = (1, 2, 5, 10, 20), (1, 8, 32, 128, 512)
LENGTHS = (5, 10, 20, 40, 80)  # forced, of 128 words
MATRIX, PRODUCTS = 2048, 5  # rows and columns of a large product, and how many are timed together
SEARCHES = {
    "search": "this package: encode, search, phones",
    "predict": "this package: TextToText.predict, attention as well, two batches at a time",
    "joeynmt": "JoeyNMT's predict",
    "plain": "a loop over sentences and hypotheses, one row a step",
}


def main():
    """Run the benchmark, or one of the processes that it measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["decode", *PROCESSES], help="others: a process that is measured")
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    if options.name != "decode":
        joey.answer(PROCESSES[options.name]())
        return
    RUNS.mkdir(parents=True, exist_ok=True)
    splits = prepare()
    sources, references = test_words(splits)
    paired = kept(RUNS / "paired.json", measure_paired, sources[:WORDS], options.turns)
    outputs = kept(RUNS / "outputs.json", decode_all, sources)
    growth = kept(RUNS / "growth.json", measure_growth, sources[:WORDS], max(3, options.turns // 2))
    write_results(
        "decode",
        ["python benchmarks/decode.py decode --turns", options.turns],
        packages=("tensorflow", "keras", "numpy"),
        joeynmt={**joey.versions(), "sizes": joey.SIZES, "training": joey.TRAINING},
        threads=THREADS,
        words=WORDS,
        plain_words=PLAIN_WORDS,
        beam_size=BEAM_SIZE,
        batch_size=BATCH_SIZE,
        searches=SEARCHES,
        errors={
            f"{count} words": {name: errors(found, references, count) for name, found in outputs.items()}
            for count in (WORDS, len(sources))
        },
        speed=summary(paired),
        arithmetic=paired["arithmetic"],
        growth=growth,
        runs=paired["turns"],
    )


def prepare():
    """Load the corpus and train what is not trained yet: a dict of lists of pairs."""
    from s2s_lesson.corpora import load

    splits = load("pronunciations").splits
    if not (OURS / "model.keras").exists():
        own = ["train", "--corpus", "pronunciations", "--output", OURS, "--seed", "0"]
        subprocess.run([sys.executable, "-m", "s2s_lesson", *own], cwd=ROOT, check=True)
    joey.prepare(splits, THREADS)
    return splits


def test_words(splits):
    """The distinct test words in an order drawn once, and for each its pronunciations: lists of phones."""
    from s2s_lesson.corpora import group_references

    sources, targets = group_references(splits["test"])
    pairs = list(zip(sources, targets, strict=True))
    random.Random(0).shuffle(pairs)
    sources, targets = zip(*pairs, strict=True)
    return list(sources), [[target.split() for target in right] for right in targets]


class Process:
    """A process that answers requests, so that start, loading and compiling are not timed.

    Args:
        name: one of ``SEARCHES``, or "product".
    """

    def __init__(self, name):
        own = [sys.executable, __file__, name]
        command = [joey.PYTHON, joey.__file__] if name == "joeynmt" else own
        threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), str(THREADS))
        log = (RUNS / f"{name}.log").open("w")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **threads, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.loaded = self._answer()["peak_mebibytes"]

    def __call__(self, **request):
        """Ask, and wait for the answer: see ``joey.answer``."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"Expected an answer; the process ended. See the logs in {RUNS}.")
        return json.loads(line)


def measure_paired(words, turns):
    """Let all decode the same words, one after the other, over and over.

    JoeyNMT takes its batches in the order in which words come, and gets them sorted by length, so that
    batches hold words of one length. This package sorts them itself, within the time that is measured.

    Args:
        words: list of str.
        turns: int.

    Returns:
        dict of ``turns``, a list of dicts of seconds; ``memory``, for each the peak in mebibytes when loaded
        and in the end; ``words``, how many each decodes in a turn; and ``arithmetic``.
    """
    words_of = {name: words for name in SEARCHES}
    words_of["plain"] = words[:PLAIN_WORDS]
    words_of["joeynmt"] = sorted(words, key=len)
    settings = {"beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
    requests = {name: {"words": words_of[name], **settings} for name in SEARCHES}
    requests["product"] = {"repeats": PRODUCTS}
    processes = {name: Process(name) for name in requests}
    for name, process in processes.items():
        process(**requests[name])  # compiles
    found = []
    for turn in range(turns):
        order = list(processes) if turn % 2 == 0 else list(reversed(processes))
        answers = {name: processes[name](**requests[name]) for name in order}
        found.append({name: answers[name]["seconds"] for name in processes})
        print(f"turn {turn}: {found[-1]}", flush=True)
    memory = {
        name: {"loaded": processes[name].loaded, "peak": answers[name]["peak_mebibytes"]} for name in SEARCHES
    }
    counted = processes["search"](**requests["search"], count=True)["found"]
    for process in processes.values():
        process.close()
    return {
        "turns": found,
        "memory": memory,
        "words": {name: len(request["words"]) for name, request in requests.items() if name in SEARCHES},
        "arithmetic": counted,
    }


def summary(paired):
    """Words a second of each search, its ratio to JoeyNMT in the same turn, and the share of the arithmetic.

    Args:
        paired: from ``measure_paired``.

    Returns:
        dict of one dict a search, and of ``gigaflops`` (billions of operations a second; a multiplication
        and an addition are two) of the matrix product and of the search, and the ``share`` of the search.
    """
    turns, words = paired["turns"], paired["words"]
    rates = {name: [words[name] / turn[name] for turn in turns] for name in SEARCHES}
    found = {
        name: {
            "words_per_second": statistics.median(rates[name]),
            "spread": spread(rates[name]),
            "times_joeynmt": statistics.median(
                own / other for own, other in zip(rates[name], rates["joeynmt"], strict=True)
            ),
            "mebibytes": paired["memory"][name],
        }
        for name in SEARCHES
    }
    product = [2 * MATRIX**3 * PRODUCTS / turn["product"] / 1e9 for turn in turns]
    search = [2 * paired["arithmetic"]["multiply_adds"] / turn["search"] / 1e9 for turn in turns]
    found["gigaflops"] = {
        "product": statistics.median(product),
        "search": statistics.median(search),
        "share": statistics.median(own / most for own, most in zip(search, product, strict=True)),
    }
    return found


def decode_all(sources):
    """What each search but the plain one writes for all test words: dict of lists of lists of phones."""
    outputs = {}
    for name in ("search", "joeynmt"):
        process = Process(name)
        outputs[name] = process(words=sources, beam_size=BEAM_SIZE, batch_size=BATCH_SIZE)["found"]
        process.close()
    return outputs


def errors(outputs, references, count):
    """Share of words and of phones that are wrong, any pronunciation that is listed being right."""
    from s2s_lesson import metrics

    outputs, references = outputs[:count], references[:count]
    return {
        "word_error_rate": 1 - metrics.exact_match(outputs, references),
        "phoneme_error_rate": metrics.edit_distance_rate(outputs, references),
    }


def measure_growth(words, turns):
    """How the cost grows with beam size, batch and length, all else being as in the paired runs.

    Args:
        words: list of str.
        turns: int.

    Returns:
        dict of lists of dicts of ``search``, the value, ``seconds`` (median) and ``words``.
    """
    cases = [("beam_size", value) for value in BEAM_SIZES]
    cases += [("batch_size", value) for value in BATCH_SIZES]
    cases += [("length", value) for value in LENGTHS]
    processes = {name: Process(name) for name in ("search", "joeynmt")}
    found = {"beam_size": [], "batch_size": [], "length": []}
    for what, value in cases:
        request = {"words": sorted(words, key=len), "beam_size": BEAM_SIZE, "batch_size": BATCH_SIZE}
        if what == "length":
            request["words"] = words[:BATCH_SIZE]
        request[what] = value
        names = ["search"] if what == "length" else list(processes)  # JoeyNMT's predict forces no length
        answers = [{name: processes[name](**request) for name in names} for _ in range(turns + 1)]
        for name in names:
            seconds = statistics.median(
                answer[name]["seconds"] for answer in answers[1:]
            )  # the first compiles
            case = {"search": name, what: value, "words": len(request["words"]), "seconds": seconds}
            found[what].append(case)
            print(case, flush=True)
    for process in processes.values():
        process.close()
    return found


def search_process():
    """Decode with this package: a function for ``joey.answer``."""
    import numpy as np

    from s2s_lesson import engine
    from s2s_lesson.batching import pad
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.search import beam_search

    pipeline = TextToText.load(OURS)
    model, source_vocab, target_vocab = pipeline.model, pipeline.source_vocab, pipeline.target_vocab
    encode = engine.compile_function(model.encode, model)

    def decode(words, beam_size, batch_size, length=None, count=False):
        """The phones of each word; or with ``count`` what was computed."""
        shapes = []  # rows and source length of every step

        def counted(token_ids, state):
            shapes.append(tuple(state["keys"].shape[:2]))
            return model.step(token_ids, state)

        outputs = [None] * len(words)
        order = sorted(range(len(words)), key=lambda index: len(words[index]))
        positions = 0
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            source_ids = pad([source_vocab.encode(list(words[index])) for index in indices])
            positions += source_ids.size
            found = beam_search(
                counted if count else model.step,
                encode(source_ids),
                bos_id=target_vocab.bos_id,
                eos_id=target_vocab.eos_id,
                max_output_length=length or MAX_LENGTH,
                min_output_length=length or 1,
                beam_size=beam_size,
            )
            for index, sequence, size in zip(
                indices, found.sequences[:, 0], found.lengths[:, 0], strict=True
            ):
                outputs[index] = target_vocab.decode(sequence[:size])
        return arithmetic(pipeline, len(words), positions, np.array(shapes)) if count else outputs

    return decode


def arithmetic(pipeline, words, positions, shapes):
    """Count the multiplications, each with an addition, of the matrix products in encoder and decoder.

    A dense layer makes inputs * outputs of them for each vector, an LSTM 4 * units * (inputs + units) for
    each position. All that is looked up, activated, ranked or moved is left out.

    Args:
        pipeline: ``TextToText``.
        words: int.
        positions: int. Source positions that were read, end tokens and padding included.
        shapes: int (steps, 2). Rows of each step, and source length.

    Returns:
        dict of ``positions``, ``steps``, ``rows`` (summed over the steps), ``multiply_adds`` and their parts
        ``encoder`` and ``decoder``.
    """
    config = pipeline.model.config
    units, both = config.decoder_units, 2 * config.encoder_units
    widths = [config.embedding_dim] + [both] * (config.encoder_layers - 1)
    layers = sum(2 * 4 * config.encoder_units * (width + config.encoder_units) for width in widths)
    encoder = positions * (layers + both * units) + words * 2 * both * units  # with keys, and the bridge
    lstm = 4 * units * (config.embedding_dim + units)
    readout = (both + units) * units + units * len(pipeline.target_vocab)
    rows = int(shapes[:, 0].sum())
    decoder = rows * (lstm + readout) + int(shapes.prod(axis=1).sum()) * (units + both)
    return {
        "positions": positions,
        "steps": len(shapes),
        "rows": rows,
        "encoder": encoder,
        "decoder": decoder,
        "multiply_adds": encoder + decoder,
    }


def predict_process():
    """Decode as users do: a function for ``joey.answer``."""
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(OURS)

    def decode(words, beam_size, batch_size):
        return [found.text.split() for found in pipeline.predict(words, beam_size, batch_size=batch_size)]

    return decode


def plain_process():
    """Decode with loops, as tutorials do: a function for ``joey.answer``.

    It finds what ``beam_search`` finds. The step is compiled, and reads one hypothesis at a time.
    """
    import numpy as np

    from s2s_lesson import engine
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(OURS)
    model, source_vocab, target_vocab = pipeline.model, pipeline.source_vocab, pipeline.target_vocab
    encode = engine.compile_function(model.encode, model)
    step = engine.compile_function(model.step, model)
    eos_id = target_vocab.eos_id

    def search(word, beam_size):
        state = encode(np.array([source_vocab.encode(list(word))], "int32"))
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


def product_process():
    """Multiply two large float32 matrices: a function for ``joey.answer``."""
    import numpy as np
    from keras import ops

    from s2s_lesson import engine

    multiply = engine.compile_function(ops.matmul)
    matrix = ops.convert_to_tensor(np.random.default_rng(0).random((MATRIX, MATRIX), "float32"))

    def products(repeats):
        return [float(ops.convert_to_numpy(multiply(matrix, matrix))[0, 0]) for _ in range(repeats)]

    return products


PROCESSES = {
    "search": search_process,
    "predict": predict_process,
    "plain": plain_process,
    "product": product_process,
}


if __name__ == "__main__":
    main()
