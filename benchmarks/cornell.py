"""Train chatbots on film dialogue and score their replies on films that no training saw.

    python -m benchmarks cornell --seeds 0 1 2

writes book/results/cornell.json: the article's configuration; the preset, which knows words, and one run of
it without attention; subwords; and subwords that learn small talk first. Each has several ways to choose a
reply, beside baselines. What they say to lines of ours is kept as well. Runs stay in runs/cornell/; what was
interrupted goes on when the command is given again. Several processes may share the work: --only names what
one does. With --full the full corpus is downloaded and used, in place of the subset of 59 films that the
figures in the book come from.
"""

import math
import os
import statistics
import warnings
from collections import Counter

from benchmarks.shared import quick
from benchmarks.shared.replies import figures, retrieved
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.shipped import SHIPPED
from benchmarks.shared.summaries import spread, spreads
from benchmarks.shared.training import history_in, shortened, training_of, untrained

RESULTS = ("cornell",)
ARMS = {
    "article": "the preset article: no attention, stop words and punctuation gone",
    "words": "the preset cornell: attention, every word kept",
    "no attention": "the same without attention",
    "subwords": "the preset cornell with 3,000 subwords: the model of small talk that the package carries",
    "small talk first": "that model as it is carried, gone on with on films",
}
BACKWARD = "backward"  # reads replies and writes what they reply to, for mutual information
ONE_SEED = ("no attention",)
MODEL = {"no attention": {"attention": "none"}, "subwords": SHIPPED["small-talk"].model}
_SUBWORDS = {"average": 2, "label_smoothing": 0.0}  # as the model of small talk is trained
TRAINING = {
    "subwords": {**_SUBWORDS, "epochs": 10},
    "small talk first": {**_SUBWORDS, "epochs": 6, "learning_rate": 1e-3},
}
BEAM = {"beam_size": 5}
CANDIDATES = {"n_samples": 20, "temperature": 0.7}  # as Chat draws them
MMI_WEIGHT = 0.5
DECODERS = {
    "greedy": "the likeliest token, again and again",
    "beam": "beam of 5",
    "beam, longer": "beam of 5, score divided by length to a power that makes replies as long as people's",
    "no repeats": "the longer beam, no pair of adjacent tokens twice",
    "sampling": "one sample, temperature 1",
    "nucleus": "one sample from the likeliest tokens that make up 0.9 of the probability",
    "information": "of 20 samples at temperature 0.7 the best by ln p(T|S) - 0.5 ln p(T)",
    "information, longer": "the same, and a bonus a token that makes replies as long as people's",
    "backward": "of the same samples the best by 0.5 ln p(T|S) + 0.5 ln p(S|T), from a second model",
    "backward, longer": "the same, and a bonus a token that makes replies as long as people's",
}
JUDGES = {"information": "prior", "backward": "backward"}
TUNED_ON = 400  # pairs of the development part
LENGTH_PENALTIES = [0.0, 0.5, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0]
LENGTH_BONUSES = [round(0.1 * step, 1) for step in range(61)]
LINES = (  # ours
    "Hello.",
    "How are you?",
    "What is your name?",
    "Where are you going?",
    "I have to leave tomorrow.",
    "Do you love me?",
    "I don't believe you.",
    "What time is it?",
    "Somebody is at the door.",
    "Why did you do that?",
    "I lost my job today.",
    "Good night.",
)


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ARMS, help="train and score these, write no results")
    parser.add_argument("--full", action="store_true", help="the full corpus")


def run(options):
    """Run the benchmark."""
    warnings.simplefilter("ignore")  # overlong pairs are left out
    if options.full:
        os.environ.pop("S2S_LESSON_DATA", None)
    folder = "cornell-full" if options.full else "cornell"
    runs = [
        kept(runs_of(folder) / f"{file_name(arm, seed)}.json", measure, folder, arm, seed)
        for arm in options.only or ARMS
        for seed in (options.seeds[:1] if arm in ONE_SEED else options.seeds)
    ]
    if options.only:
        return
    write_results(
        "cornell",
        ["cornell", "--seeds", *options.seeds, *["--full"][: options.full]],
        arms=ARMS,
        decoders=DECODERS,
        corpus=kept(runs_of(folder) / "corpus.json", describe),
        baselines=kept(runs_of(folder) / "baselines.json", baselines),
        figures={arm: summary([run for run in runs if run["arm"] == arm]) for arm in ARMS},
        lines=LINES,
        runs=runs,
    )


def films():
    """The corpus: pairs of at most 20 words a side."""
    from s2s_lesson.pipeline import presets

    return shortened(presets.load_corpus("cornell"))


def trained(folder, arm, seed):
    """Train an arm, or go on with its training.

    Returns:
        The pipeline, and the folder of its run.
    """
    from s2s_lesson.pipeline import TextToText, pretrained
    from s2s_lesson.training import holds_run

    run = runs_of(folder) / file_name(arm, seed)
    if not (run / "done").exists():
        preset = "article" if arm == "article" else "cornell"
        corpus, pipeline = untrained(preset, seed, backward=arm == BACKWARD, **MODEL.get(arm, {}))
        begin = pretrained("small-talk").fine_tune if arm == "small talk first" else pipeline.fit
        where = {"folder": run, "resume": holds_run(run), "seed": seed, "progress": False}
        begin(corpus.train, corpus.dev, **where, **training_of(preset, **TRAINING.get(arm, {})))
        (run / "done").write_text("")
    return TextToText.load(run), run


def measure(folder, arm, seed):
    """Train and score one run.

    Returns:
        dict of ``arm``, ``seed``, ``parameters``, ``epochs`` of training, ``best_epoch``, ``seconds`` of it
        by the clock, ``chosen_on_dev`` (see there), ``teacher_forced`` (see ``perplexities``), ``replies`` (a
        dict of figures for each decoder) and ``shown``, the replies to ``LINES``.
    """
    import numpy as np

    (pipeline, run), corpus = trained(folder, arm, seed), films()
    history = history_in(run)
    judges = {"information": pipeline}
    if arm == "words":
        judges["backward"], _ = trained(folder, BACKWARD, 0)
    chosen = chosen_on_dev(pipeline, corpus.dev[:TUNED_ON], seed, judges)
    outputs = replies(pipeline, [source for source, _ in corpus.test], seed, judges, chosen)
    return {
        "arm": arm,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "epochs": len(history["loss"]),
        "best_epoch": 1 + int(np.argmin(history["val_loss"])),
        "seconds": sum(history["seconds"]),
        "chosen_on_dev": chosen,
        "teacher_forced": perplexities(pipeline, arm, corpus),
        "replies": {name: figures(texts, corpus.test) for name, texts in outputs.items()},
        "shown": replies(pipeline, LINES, seed, judges, chosen),
    }


def chosen_on_dev(pipeline, pairs, seed, judges):
    """Choose what makes replies as long as people's on average, counted in tokens of the model.

    Args:
        pairs: of the development part.

    Returns:
        dict of ``length_penalty``, for the beam, and of the bonus of each of ``judges``.
    """
    sources = [source for source, _ in pairs]

    def length(texts):
        return statistics.fmean(len(pipeline.target_side(text)) for text in texts)

    def nearest(texts_of, choices):
        return min(choices, key=lambda choice: abs(length(texts_of(choice)) - wanted))

    def by_beam(penalty):
        return [one.text for one in pipeline.predict(sources, truncate=True, **longer_beam(penalty))]

    wanted = length([target for _, target in pairs])
    chosen = {"length_penalty": nearest(by_beam, quick.size(LENGTH_PENALTIES, LENGTH_PENALTIES[:2]))}
    for name, ranked in by_judges(pipeline, sources, seed, judges).items():
        chosen[name] = nearest(lambda bonus, ranked=ranked: with_bonus(ranked, bonus), LENGTH_BONUSES)
    return chosen


def longer_beam(penalty):
    """Options of ``predict``."""
    from s2s_lesson.search import Scoring

    return {**BEAM, "scoring": Scoring(penalty, "average")}


def by_judges(pipeline, sources, seed, judges):
    """Draw samples, and rank the same ones by each judge: dict of lists of ``Prediction``."""
    from s2s_lesson.search import rerank_replies

    samples = pipeline.sample(sources, seed=seed, truncate=True, **CANDIDATES)
    return {
        name: rerank_replies(samples, judge, by=JUDGES[name], weight=MMI_WEIGHT)
        for name, judge in judges.items()
    }


def with_bonus(ranked, bonus):
    """The texts of the best ones, once each token is worth ``bonus``."""
    return [
        max((best, *best.alternatives), key=lambda reply: reply.score + bonus * len(reply.tokens)).text
        for best in ranked
    ]


def replies(pipeline, sources, seed, judges, chosen):
    """Answer all sources in each way of ``DECODERS``, where there is what it needs: dict of lists of str."""
    from s2s_lesson.search import Constraints

    longer = longer_beam(chosen["length_penalty"])
    predictions = {
        name: pipeline.predict(sources, truncate=True, **options)
        for name, options in {
            "greedy": {"beam_size": 1},
            "beam": BEAM,
            "beam, longer": longer,
            "no repeats": {**longer, "constraints": Constraints(no_repeat_ngram=2)},
        }.items()
    }
    predictions["sampling"] = pipeline.sample(sources, seed=seed, truncate=True)
    predictions["nucleus"] = pipeline.sample(sources, seed=seed, truncate=True, top_p=0.9)
    texts = {name: [reply.text for reply in best] for name, best in predictions.items()}
    for name, ranked in by_judges(pipeline, sources, seed, judges).items():
        texts[name] = with_bonus(ranked, 0.0)
        texts[f"{name}, longer"] = with_bonus(ranked, chosen[name])
    return texts


def perplexities(pipeline, arm, corpus):
    """Score the true replies, each token given the true ones before it.

    An article's cleaning leaves some texts empty; those pairs are left out, and counted.

    Returns:
        dict of ``pairs`` scored, ``vocabulary`` size, ``unknown`` share of tokens, ``per_token``,
        ``per_character`` and ``accuracy``; and, but for the article, which leaves words out, of ``per_word``,
        where a word is a token of dialogue, and ``per_known_word``, of the replies alone whose words all
        occur in training. The end counts as one token, as one character and as one word.
    """
    import numpy as np

    from s2s_lesson.data import tokenize
    from s2s_lesson.pipeline import evaluate

    def words(text):
        return tokenize(text.lower(), "casual")

    def per_word(pairs):
        tokens = sum(1 + len(pipeline.target_side(target)) for _, target in pairs)
        nats = tokens * math.log(evaluate(pipeline, pairs, metrics=["perplexity"])["perplexity"])
        return math.exp(nats / sum(1 + len(words(target)) for _, target in pairs))

    pairs = [pair for pair in corpus.test if all(map(pipeline.target_side, pair))]
    scores = evaluate(pipeline, pairs, beam_size=1)
    ids = [pipeline.target_vocab.encode(pipeline.target_side(target)) for _, target in pairs]
    known = {word for _, target in corpus.train for word in words(target)}
    readable = [pair for pair in pairs if known.issuperset(words(pair[1]))]
    by_word = {"per_word": per_word(pairs), "per_known_word": per_word(readable)}
    return {
        "pairs": len(pairs),
        "vocabulary": len(pipeline.target_vocab),
        "unknown": float(np.mean(np.concatenate(ids) == pipeline.target_vocab.unk_id)),
        "per_token": scores["perplexity"],
        "per_character": scores["perplexity_per_character"],
        "accuracy": scores["token_accuracy"],
        **({} if arm == "article" else by_word),
    }


def baselines():
    """Score what needs no neural network, and what was really said: dict of dicts of figures."""
    corpus = films()
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


def describe():
    """What the corpus holds: dict of the ``notes`` of its loading, and of the ``pairs`` of each split."""
    corpus = films()
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
