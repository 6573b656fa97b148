"""Train chatbots on film dialogue and score their replies on films that no training saw.

    python -m benchmarks cornell --seeds 0 1 2

writes book/results/cornell.json: the article's configuration, the default preset, and one run of this without
attention, each with several ways to choose a reply, beside two baselines; and one run on small talk. Runs
stay in runs/cornell/; what was interrupted goes on when the command is given again. Several processes may
share the trainings: --only names what one does. Without S2S_LESSON_DATA the full corpus is downloaded and
used, in place of the subset of 59 films that the figures in the book come from.
"""

import statistics
import warnings
from collections import Counter

from benchmarks.shared import quick
from benchmarks.shared.replies import figures, retrieved
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spread, spreads
from benchmarks.shared.training import history_in, shortened, training_of, untrained

RESULTS = ("cornell",)
ARMS = {
    "article": "the preset article: no attention, stop words and punctuation gone",
    "default": "the preset cornell: attention, every word kept",
    "no attention": "the same without attention",
    "chitchat": "the preset chitchat, on small talk",
}
BACKWARD = "backward"  # reads replies and writes what they reply to, for mutual information
CORPORA = {"cornell": "default", "chitchat": "chitchat"}  # an arm on each
ONE_SEED = ("no attention", "chitchat")
EPOCHS = {"chitchat": 1}
BEAM = {"beam_size": 5}
N_BEST, MMI_WEIGHT = 20, 0.5
DECODERS = {
    "greedy": "the likeliest token, again and again",
    "beam": "beam of 5",
    "beam, longer": "beam of 5, score divided by length to a power that makes replies as long as people's",
    "no repeats": "the longer beam, no pair of adjacent tokens twice",
    "sampling": "one sample, temperature 1",
    "nucleus": "one sample from the likeliest tokens that make up 0.9 of the probability",
    "mutual information": f"of {N_BEST} samples the best by 0.5 ln p(T|S) + 0.5 ln p(S|T)",
    "mutual information, longer": "the same, and a bonus a token that makes replies as long as people's",
}
TUNED_ON = 400  # pairs of the development part
LENGTH_PENALTIES = [0.0, 0.5, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0]
LENGTH_BONUSES = [round(0.1 * step, 1) for step in range(41)]
SHOWN, SHOWN_SEED = 12, 0


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="to score; default: all")
    parser.add_argument("--only", nargs="+", choices=[*ARMS, BACKWARD], help="train these, write no results")


def run(options):
    """Run the benchmark."""
    warnings.simplefilter("ignore")  # overlong pairs are left out
    if options.only:
        for seed in options.seeds:
            for arm in options.only:
                train(arm, seed)
        return
    folder, runs = runs_of("cornell"), []
    for arm in options.arms:
        for seed in options.seeds[:1] if arm in ONE_SEED else options.seeds:
            runs.append(kept(folder / f"{file_name(arm, seed)}.json", measure, arm, seed))
    names = {name: arm for name, arm in CORPORA.items() if arm in options.arms}
    chosen = ["--arms", *options.arms] if options.arms != list(ARMS) else []
    write_results(
        "cornell",
        ["cornell", "--seeds", *options.seeds, *chosen],
        arms={arm: ARMS[arm] for arm in options.arms},
        decoders=DECODERS,
        corpora={name: kept(folder / f"corpus-{name}.json", describe, arm) for name, arm in names.items()},
        baselines={
            name: kept(folder / f"baselines-{name}.json", baselines, arm) for name, arm in names.items()
        },
        figures={arm: summary([run for run in runs if run["arm"] == arm]) for arm in options.arms},
        runs=runs,
    )


def corpus_of(arm):
    """The corpus that an arm is scored on: pairs of at most 20 words a side."""
    from s2s_lesson.pipeline import presets

    return shortened(presets.load_corpus("chitchat" if arm == "chitchat" else "cornell"))


def folder_of(arm, seed):
    """Where the run of an arm lies."""
    return runs_of("cornell") / f"{arm.replace(' ', '-')}-{seed}"


def train(arm, seed):
    """Train an arm, or go on with its training: its pipeline."""
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.training import holds_run

    folder = folder_of(arm, seed)
    if (folder / "done").exists():
        return TextToText.load(folder)
    preset = {"article": "article", "chitchat": "chitchat"}.get(arm, "cornell")
    other = {"attention": "none"} if arm == "no attention" else {}
    corpus, pipeline = untrained(preset, seed, backward=arm == BACKWARD, **other)
    training = training_of(preset, **({"epochs": EPOCHS[arm]} if arm in EPOCHS else {}))
    where = {"folder": folder, "resume": holds_run(folder)}
    pipeline.fit(corpus.train, corpus.dev, **where, seed=seed, progress=False, **training)
    (folder / "done").write_text("")
    print(f"{arm}, seed {seed}: trained", flush=True)
    return TextToText.load(folder)


def measure(arm, seed):
    """Train and score one run.

    Returns:
        dict of ``arm``, ``seed``, ``parameters``, ``epochs`` of training, ``best_epoch``, ``seconds`` of it,
        ``chosen_on_dev`` (see there), ``teacher_forced`` (see ``perplexities``), ``replies`` (a dict of
        figures for each decoder) and ``shown``: some ``rows`` of the test split, drawn at random, and the
        replies to them.
    """
    import numpy as np

    pipeline, corpus = train(arm, seed), corpus_of(arm)
    pairs = corpus.test
    history = history_in(folder_of(arm, seed))
    sources = [source for source, _ in pairs]
    backward = None if arm == "chitchat" else train(BACKWARD, 0)
    chosen = chosen_on_dev(pipeline, corpus.dev[:TUNED_ON], seed, backward)
    outputs = replies(pipeline, sources, seed, backward, chosen)
    rows = np.random.default_rng(SHOWN_SEED).choice(len(pairs), SHOWN, replace=False).tolist()
    return {
        "arm": arm,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "epochs": len(history["loss"]),
        "best_epoch": 1 + int(np.argmin(history["val_loss"])),
        "seconds": sum(history["seconds"]),
        "chosen_on_dev": chosen,
        "teacher_forced": perplexities(pipeline, pairs),
        "replies": {name: figures(texts, pairs) for name, texts in outputs.items()},
        "shown": {"rows": rows, **{name: [texts[row] for row in rows] for name, texts in outputs.items()}},
    }


def chosen_on_dev(pipeline, pairs, seed, backward):
    """Choose what makes replies as long as people's on average, counted in tokens of the model.

    Args:
        pairs: of the development part.

    Returns:
        dict of ``length_penalty``, for the beam, and, with a backward model, ``length_bonus``, for mutual
        information.
    """
    sources = [source for source, _ in pairs]

    def length(texts):
        return statistics.fmean(len(pipeline.target_side(text)) for text in texts)

    wanted, lengths = length([target for _, target in pairs]), {}
    for penalty in quick.size(LENGTH_PENALTIES, LENGTH_PENALTIES[:2]):
        predictions = pipeline.predict(sources, truncate=True, unknown=True, **longer_beam(penalty))
        lengths[penalty] = length([reply.text for reply in predictions])
    chosen = {"length_penalty": min(lengths, key=lambda penalty: abs(lengths[penalty] - wanted))}
    if backward:
        ranked = by_mutual_information(pipeline, sources, seed, backward)
        lengths = {
            bonus: length([with_bonus(best, bonus).text for best in ranked]) for bonus in LENGTH_BONUSES
        }
        chosen["length_bonus"] = min(lengths, key=lambda bonus: abs(lengths[bonus] - wanted))
    return chosen


def longer_beam(penalty):
    """Options of ``predict``."""
    from s2s_lesson.search import Scoring

    return {**BEAM, "scoring": Scoring(penalty, "average")}


def by_mutual_information(pipeline, sources, seed, backward):
    """Draw samples and rank them: list of ``Prediction`` with alternatives."""
    from s2s_lesson.search import rerank_replies

    samples = pipeline.sample(sources, N_BEST, seed=seed, truncate=True, unknown=True)
    return rerank_replies(samples, backward, weight=MMI_WEIGHT)


def with_bonus(best, bonus):
    """The best of a ranked reply and its alternatives once each token is worth ``bonus``."""
    return max((best, *best.alternatives), key=lambda reply: reply.score + bonus * len(reply.tokens))


def replies(pipeline, sources, seed, backward, chosen):
    """Answer all sources in each way of ``DECODERS``, where there is what it needs: dict of lists of str."""
    from s2s_lesson.search import Constraints

    longer = longer_beam(chosen["length_penalty"])
    predictions = {
        name: pipeline.predict(sources, truncate=True, unknown=True, **options)
        for name, options in {
            "greedy": {"beam_size": 1},
            "beam": BEAM,
            "beam, longer": longer,
            "no repeats": {**longer, "constraints": Constraints(no_repeat_ngram=2)},
        }.items()
    }
    predictions["sampling"] = pipeline.sample(sources, seed=seed, truncate=True, unknown=True)
    predictions["nucleus"] = pipeline.sample(sources, seed=seed, truncate=True, unknown=True, top_p=0.9)
    if backward:
        ranked = by_mutual_information(pipeline, sources, seed, backward)
        predictions["mutual information"] = ranked
        predictions["mutual information, longer"] = [
            with_bonus(best, chosen["length_bonus"]) for best in ranked
        ]
    return {name: [reply.text for reply in chosen_ones] for name, chosen_ones in predictions.items()}


def perplexities(pipeline, pairs):
    """Score the true replies, each token given the true ones before it.

    An article's cleaning leaves some texts empty; those pairs are left out, and counted.

    Returns:
        dict of ``pairs`` scored, ``vocabulary`` size, ``unknown`` share of tokens, ``per_token``,
        ``per_character`` and ``accuracy``. The end counts as one token and as one character.
    """
    import numpy as np

    from s2s_lesson.pipeline import evaluate

    readable = [pair for pair in pairs if pipeline.target_side(pair[0]) and pipeline.target_side(pair[1])]
    scores = evaluate(pipeline, readable, beam_size=1, unknown=True)
    ids = [pipeline.target_vocab.encode(pipeline.target_side(target)) for _, target in readable]
    tokens = np.concatenate(ids)
    return {
        "pairs": len(readable),
        "vocabulary": len(pipeline.target_vocab),
        "unknown": float(np.mean(tokens == pipeline.target_vocab.unk_id)),
        "per_token": scores["perplexity"],
        "per_character": scores["perplexity_per_character"],
        "accuracy": scores["token_accuracy"],
    }


def baselines(arm):
    """Score what needs no neural network, and what was really said: dict of dicts of figures."""
    corpus = corpus_of(arm)
    most = Counter(target for _, target in corpus.train).most_common(1)[0][0]
    sources = [source for source, _ in corpus.test]
    texts = {
        "commonest reply": [most] * len(sources),
        "retrieval": retrieved(corpus.train, sources),
        "what was said": [target for _, target in corpus.test],
    }
    scored = {name: figures(replies, corpus.test) for name, replies in texts.items()}
    for scores in scored.values():
        del scores["commonest"]  # a text of the corpus
    return scored


def describe(arm):
    """What the corpus holds: dict of the ``notes`` of its loading, and of the ``pairs`` of each split."""
    corpus = corpus_of(arm)
    return {"notes": corpus.notes, "pairs": {split: len(pairs) for split, pairs in corpus.splits.items()}}


def summary(runs):
    """Mean and spread over the seeds: dict of figures of teacher forcing and of each decoder."""
    return {
        "parameters": runs[0]["parameters"],
        "seconds": spread([run["seconds"] for run in runs]),
        "chosen_on_dev": spreads([run["chosen_on_dev"] for run in runs]),
        "teacher_forced": spreads([run["teacher_forced"] for run in runs]),
        "replies": {name: spreads([run["replies"][name] for run in runs]) for name in runs[0]["replies"]},
    }
