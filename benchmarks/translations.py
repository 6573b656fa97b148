"""Train on translations, translate the test split by many searches, and write the figures the book quotes.

    python benchmarks/translations.py translations

writes book/results/translations.json. Models and outputs are kept in runs/translations/: a training that was
interrupted goes on where it stopped, and what was translated once is not translated again.
"""

import argparse
import re
import statistics
import time

from results import ROOT, kept, write_results

from s2s_lesson import engine, metrics, presets, training
from s2s_lesson.batching import pad
from s2s_lesson.corpora import group_references
from s2s_lesson.reranking import minimum_bayes_risk
from s2s_lesson.search import beam_search, greedy_search, sample
from s2s_lesson.text import clean, detokenize, tokenize
from s2s_lesson.vocab import UNK, Vocabulary

CORPORA = ("multi30k", "spanish")
SEED = 0
BATCH_SIZE = 64
SEARCHES = {
    "greedy": (greedy_search, {}),
    "beam 2": (beam_search, {"beam_size": 2}),
    "beam 5": (beam_search, {"beam_size": 5}),
    "beam 10": (beam_search, {"beam_size": 10}),
    "beam 20": (beam_search, {"beam_size": 20}),
    "beam 50": (beam_search, {"beam_size": 50}),
    "one sample": (sample, {}),
    "one sample, top-p 0.9": (sample, {"top_p": 0.9}),
    "beam 5, unknown words forbidden": (beam_search, {"beam_size": 5, "forbidden": [Vocabulary.unk_id]}),
}
for size in (5, 20):
    for penalty in (0.6, 1.0, 1.4):
        options = {"beam_size": size, "length_penalty": penalty}
        SEARCHES[f"beam {size}, length penalty {penalty}"] = beam_search, options
for size in (5, 20, 50):
    options = {"beam_size": size, "length_penalty": 1.0, "length_formula": "average"}
    SEARCHES[f"beam {size}, mean"] = beam_search, options
for penalty in (0.05, 0.2):
    options = {"beam_size": 5, "coverage_penalty": penalty}
    SEARCHES[f"beam 5, coverage penalty {penalty}"] = beam_search, options
CANDIDATES = {
    "20 best of beam 20": (beam_search, {"beam_size": 20, "n_best": 20}),
    "16 samples": (sample, {"n_samples": 16}),
    "16 samples, temperature 0.5": (sample, {"n_samples": 16, "temperature": 0.5}),
}
UTILITIES = {"chrF": metrics.chrf, "BLEU": metrics.bleu}
LITERATURE = {
    "multi30k": [
        {
            "model": "recurrent with attention, 20.5 million parameters, greedy search",
            "bleu": 28.3,
            "perplexity": 25.6,
            "source": "https://github.com/bentrevett/pytorch-seq2seq",
            "note": "on tokens, vocabulary and BLEU of its own; its perplexity is that of a model which "
            "reads what it wrote itself, so that it does not compare with that of teacher forcing",
        }
    ],
    "spanish": [],
}


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["translations"], help="of the file in book/results/")
    parser.parse_args()
    runs = [{"corpus": name, **measure(name), "literature": LITERATURE[name]} for name in CORPORA]
    write_results(
        "translations",
        ["python benchmarks/translations.py translations"],
        ("tensorflow", "keras", "sacrebleu"),
        seed=SEED,
        runs=runs,
    )


def measure(name):
    """Train on a corpus and score what the model writes.

    Args:
        name: one of ``CORPORA``.

    Returns:
        dict of what ``of_training`` returns and, each a dict with one ``score`` a name, ``searches`` and
        ``minimum_bayes_risk``.
    """
    folder = ROOT / "runs" / "translations" / name
    corpus, pipeline = presets.untrained(name, SEED)
    history = pipeline.fit(
        corpus.train,
        corpus.dev,
        **presets.PRESETS[name].training,
        seed=SEED,
        folder=folder,
        resume=True,
    )
    sources, targets = group_references(corpus.test)
    references = [[pipeline.target_side(target) for target in right] for right in targets]

    def found(name, searches):
        return kept(folder / f"{file_name(name)}.json", translate, pipeline, sources, *searches[name])

    def reranked(name, utility):
        drawn = CANDIDATES[name][0] is sample
        arguments = found(name, CANDIDATES), drawn, UTILITIES[utility], pipeline.target_tokens
        return kept(folder / f"{file_name(name)}_{utility}.json", rerank, *arguments)

    return {
        **kept(folder / "training.json", of_training, corpus, pipeline, history),
        "searches": {name: score(found(name, SEARCHES), references, pipeline) for name in SEARCHES},
        "minimum_bayes_risk": {
            f"{name}, {utility}": score(reranked(name, utility), references, pipeline)
            for name in CANDIDATES
            for utility in UTILITIES
        },
    }


def of_training(corpus, pipeline, history):
    """Sizes, the training, and the scores of teacher forcing on the test split: a dict for JSON."""
    preset = presets.PRESETS[corpus.name]
    scores = training.teacher_forced_scores(pipeline.model, pipeline.batches(corpus.test))
    targets = [token for _, target in corpus.test for token in pipeline.target_side(target)]
    sources, _ = group_references(corpus.test)
    read = [token for source in sources for token in source_side(pipeline, source)]
    return {
        "pairs": {split: len(pairs) for split, pairs in corpus.splits.items()},
        "notes": corpus.notes,
        "test_sources": len(sources),
        "preset": {"pipeline": preset.pipeline, "training": preset.training},
        "parameters": pipeline.model.count_params(),
        "vocab_sizes": {"source": len(pipeline.source_vocab), "target": len(pipeline.target_vocab)},
        "unknown_share": {
            "source": sum(token not in pipeline.source_vocab for token in read) / len(read),
            "target": sum(token not in pipeline.target_vocab for token in targets) / len(targets),
        },
        "epochs": len(history["loss"]),
        "training_seconds": round(sum(history["seconds"]), 1),
        "dev_perplexity": history["val_perplexity"],
        "perplexity": scores["perplexity"],
        "token_accuracy": scores["accuracy"],
    }


def translate(pipeline, sources, search, options):
    """Translate all sources.

    Args:
        pipeline: ``TextToText``.
        sources: list of str.
        search: a function of ``s2s_lesson.search``. Samples of a source depend on its number alone.
        options: dict of its options.

    Returns:
        dict of ``outputs``, for each source a list of hypotheses, tokens with blanks between them;
        ``log_probabilities`` likewise; ``cut``, likewise, whether an output was cut; and ``seconds``.
    """
    vocab, longest = pipeline.target_vocab, pipeline.max_output_length
    encode = engine.compile_function(pipeline.model.encode, pipeline.model)
    tokens = [source_side(pipeline, source)[: pipeline.max_source_length] for source in sources]
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    found = {name: [None] * len(tokens) for name in ("outputs", "log_probabilities", "cut")}
    started = time.perf_counter()
    for start in range(0, len(order), BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        result = search(
            pipeline.model.step,
            encode(pad([pipeline.source_vocab.encode(tokens[row]) for row in rows])),
            bos_id=vocab.bos_id,
            eos_id=vocab.eos_id,
            max_output_length=longest,
            **({"seed": rows} if search is sample else {}),
            **options,
        )
        for place, row in enumerate(rows):
            lengths = [int(length) for length in result.lengths[place] if length]
            ids = [
                sequence[:length] for sequence, length in zip(result.sequences[place], lengths, strict=False)
            ]
            found["outputs"][row] = [" ".join(vocab.decode(sequence)) for sequence in ids]
            found["cut"][row] = [int(sequence[-1]) != vocab.eos_id for sequence in ids]
            found["log_probabilities"][row] = result.log_probabilities[place, : len(ids)].tolist()
    return {**found, "seconds": time.perf_counter() - started}


def rerank(found, drawn, utility, tokens):
    """Choose among the hypotheses of each source by minimum Bayes risk.

    Args:
        found: what ``translate`` returned.
        drawn: bool. Samples all count alike; other hypotheses count by their probabilities.
        utility: a function of ``s2s_lesson.metrics``.
        tokens: name of the tokenizer.

    Returns:
        dict as of ``translate``, with one hypothesis a source; ``seconds`` are those of both.
    """
    started = time.perf_counter()
    chosen = {name: [] for name in ("outputs", "log_probabilities", "cut")}
    for row, outputs in enumerate(found["outputs"]):
        texts = [detokenize(output.split(), tokens) for output in outputs]
        weights = None if drawn else found["log_probabilities"][row]
        order, _ = minimum_bayes_risk(texts, utility, log_probabilities=weights)
        for name, values in chosen.items():
            values.append([found[name][row][order[0]]])
    return {**chosen, "seconds": found["seconds"] + time.perf_counter() - started}


def score(found, references, pipeline):
    """Score the first hypothesis of each source.

    Args:
        found: what ``translate`` returned.
        references: for each source a list of lists of tokens.
        pipeline: ``TextToText``.

    Returns:
        dict of ``bleu`` and ``chrf`` (0 to 100, of lower-cased text) with their signatures; ``length_ratio``,
        output tokens per reference token, where a source with several references counts with their mean;
        ``cut_share``, of outputs that reached the maximum length; ``unknown_share``, of output tokens;
        ``log_probability``, nats an output; and ``seconds``.
    """
    outputs = [hypotheses[0].split() for hypotheses in found["outputs"]]
    texts = [detokenize(output, pipeline.target_tokens) for output in outputs]
    right = [[detokenize(tokens, pipeline.target_tokens) for tokens in lists] for lists in references]
    bleu, bleu_signature = metrics.bleu(texts, right)
    chrf, chrf_signature = metrics.chrf(texts, right)
    written = sum(map(len, outputs))
    return {
        "bleu": bleu,
        "bleu_signature": bleu_signature,
        "chrf": chrf,
        "chrf_signature": chrf_signature,
        "length_ratio": written / sum(statistics.fmean(map(len, lists)) for lists in references),
        "cut_share": statistics.fmean(cut[0] for cut in found["cut"]),
        "unknown_share": sum(output.count(UNK) for output in outputs) / written,
        "log_probability": statistics.fmean(values[0] for values in found["log_probabilities"]),
        "seconds": round(found["seconds"], 1),
    }


def source_side(pipeline, text):
    """The tokens of a source text."""
    return tokenize(clean(text, **pipeline.cleaning), pipeline.source_tokens)


def file_name(name):
    """A name without blanks and commas."""
    return re.sub(r"\W+", "_", name)


if __name__ == "__main__":
    main()
