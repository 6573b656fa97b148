"""Train on translations, translate the test split by many searches, and write the figures the book quotes.

    python -m benchmarks translations

writes book/results/translations.json. Models and outputs are kept in runs/translations/: a training that was
interrupted goes on where it stopped, and what was translated once is not translated again.
"""

import time

from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.training import seconds_of, training_of, untrained
from benchmarks.shared.translating import score, translate

RESULTS = ("translations",)
CORPORA = ("multi30k", "spanish")
SEED = 0
UTILITIES = {"chrF": "chrf", "BLEU": "bleu"}
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


def add_arguments(parser):
    """It has none."""


def run(options):
    """Run the benchmark."""
    runs = [{"corpus": name, **measure(name), "literature": LITERATURE[name]} for name in CORPORA]
    write_results(
        "translations",
        ["translations"],
        ("tensorflow", "keras", "sacrebleu"),
        seed=SEED,
        runs=runs,
    )


def searches():
    """What the test split is translated by: dict of functions of ``s2s_lesson.search`` and their options."""
    from s2s_lesson.data import Vocabulary
    from s2s_lesson.search import Constraints, Scoring, beam_search, greedy_search, sample

    def beam(size, **options):
        return beam_search, {"beam_size": size, **options}

    return {
        "greedy": (greedy_search, {}),
        **{f"beam {size}": beam(size) for size in (2, 5, 10, 20, 50)},
        "one sample": (sample, {}),
        "one sample, top-p 0.9": (sample, {"top_p": 0.9}),
        "beam 5, unknown words forbidden": beam(5, constraints=Constraints(forbidden=[Vocabulary.unk_id])),
        **{
            f"beam {size}, length penalty {penalty}": beam(size, length_penalty=penalty)
            for size in (5, 20)
            for penalty in (0.6, 1.0, 1.4)
        },
        **{f"beam {size}, mean": beam(size, scoring=Scoring(1.0, "average")) for size in (5, 20, 50)},
        **{
            f"beam 5, coverage penalty {penalty}": beam(5, scoring=Scoring(coverage_penalty=penalty))
            for penalty in (0.05, 0.2)
        },
    }


def candidates():
    """Among what minimum Bayes risk chooses, likewise."""
    from s2s_lesson.search import beam_search, sample

    return {
        "20 best of beam 20": (beam_search, {"beam_size": 20, "n_best": 20}),
        "16 samples": (sample, {"n_samples": 16}),
        "16 samples, temperature 0.5": (sample, {"n_samples": 16, "temperature": 0.5}),
    }


def measure(name):
    """Train on a corpus and score what the model writes.

    Args:
        name: one of ``CORPORA``.

    Returns:
        dict of what ``of_training`` returns and, each a dict with one ``score`` a name, ``searches`` and
        ``minimum_bayes_risk``.
    """
    from s2s_lesson import data
    from s2s_lesson.corpora import group_references
    from s2s_lesson.training import holds_run

    folder = runs_of("translations") / name
    corpus, pipeline = untrained(name, SEED)
    history = pipeline.fit(
        corpus.train, corpus.dev, **training_of(name), seed=SEED, folder=folder, resume=holds_run(folder)
    )
    sources, targets = group_references(corpus.test)
    references = [[pipeline.target_side(target) for target in right] for right in targets]

    def translated(name, search):
        return kept(folder / f"{file_name(name)}.json", translate, pipeline, sources, *search)

    def reranked(name, search, utility):
        drawn = "n_samples" in search[1]
        arguments = translated(name, search), drawn, getattr(data, UTILITIES[utility]), pipeline.target_tokens
        return kept(folder / f"{file_name(name, utility)}.json", rerank, *arguments)

    return {
        **kept(folder / "training.json", of_training, corpus, pipeline, history),
        "searches": {
            name: score(translated(name, search), references, pipeline) for name, search in searches().items()
        },
        "minimum_bayes_risk": {
            f"{name}, {utility}": score(reranked(name, search, utility), references, pipeline)
            for name, search in candidates().items()
            for utility in UTILITIES
        },
    }


def of_training(corpus, pipeline, history):
    """Sizes, the training, and the scores of teacher forcing on the test split: a dict for JSON."""
    from s2s_lesson import training
    from s2s_lesson.corpora import group_references
    from s2s_lesson.pipeline.presets import PRESETS

    preset = PRESETS[corpus.name]
    scores = training.teacher_forced_scores(pipeline.model, pipeline.batches(corpus.test))
    targets = [token for _, target in corpus.test for token in pipeline.target_side(target)]
    sources, _ = group_references(corpus.test)
    read = [token for source in sources for token in pipeline.source_side(source)]
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
        "training_seconds": seconds_of(history),
        "dev_perplexity": history["val_perplexity"],
        "perplexity": scores["perplexity"],
        "token_accuracy": scores["accuracy"],
    }


def rerank(translated, drawn, utility, tokens):
    """Choose among the hypotheses of each source by minimum Bayes risk.

    Args:
        translated: what ``translate`` returned.
        drawn: bool. Samples all count alike; other hypotheses count by their probabilities.
        utility: a function of ``s2s_lesson.data``, such as ``chrf``.
        tokens: name of the tokenizer.

    Returns:
        dict as of ``translate``, with one hypothesis a source; ``seconds`` are those of both.
    """
    from s2s_lesson.data import detokenize
    from s2s_lesson.search import minimum_bayes_risk

    started = time.perf_counter()
    chosen = {name: [] for name in ("outputs", "log_probabilities", "cut")}
    for row, outputs in enumerate(translated["outputs"]):
        texts = [detokenize(output.split(), tokens) for output in outputs]
        weights = None if drawn else translated["log_probabilities"][row]
        order, _ = minimum_bayes_risk(texts, utility, log_probabilities=weights)
        for name, values in chosen.items():
            values.append([translated[name][row][order[0]]])
    return {**chosen, "seconds": translated["seconds"] + time.perf_counter() - started}
