"""Models that strategies train, and their errors when they write, and on true, own and spoiled pasts."""

from benchmarks.shared.training import shortened

SHARES = (0.05, 0.1, 0.2)


def published():
    """The corpus."""
    from s2s_lesson.corpora import pronunciations

    return shortened(pronunciations.load_published())


def untrained(corpus, seed, **options):
    """A pipeline for the corpus."""
    from s2s_lesson import engine
    from s2s_lesson.pipeline import TextToText

    engine.seed_everything(seed)
    tokens = {"source_tokens": corpus.source_tokens, "target_tokens": corpus.target_tokens}
    return TextToText.from_pairs(corpus.train, **tokens, **options)


def fitting(folder, seed):
    """What all calls of fit share."""
    from s2s_lesson.training import holds_run

    where = {"folder": folder, "resume": holds_run(folder)}
    return {**where, "seed": seed, "progress": False, "checkpoint_every": 200}


def scores(pipeline, pairs):
    """Errors of what a pipeline writes, and its scores under three kinds of past."""
    from s2s_lesson.pipeline import evaluate, exposure

    rates = {f"beam {size}": errors(evaluate(pipeline, pairs, size, batch_size=256)) for size in (1, 5)}
    return {**rates, "exposure": exposure(pipeline, pairs, SHARES)}


def errors(figures):
    """The error rates among the figures of ``evaluate``."""
    return {"word_error_rate": 1 - figures["exact_match"], "phoneme_error_rate": figures["token_error_rate"]}


def flat(run):
    """The figures of ``scores`` in one dict, with the gap between own and true past."""
    past, greedy, beam = (run["scores"][name] for name in ("exposure", "beam 1", "beam 5"))
    return {
        "word_error_rate": beam["word_error_rate"],
        "phoneme_error_rate": beam["phoneme_error_rate"],
        "greedy_word_error_rate": greedy["word_error_rate"],
        "greedy_phoneme_error_rate": greedy["phoneme_error_rate"],
        "teacher_forced_loss": past["teacher_forced"]["loss"],
        "free_running_loss": past["free_running"]["loss"],
        "gap": past["free_running"]["loss"] - past["teacher_forced"]["loss"],
        "free_running_accuracy": past["free_running"]["accuracy"],
        **{f"corrupted_{share}_loss": past[f"corrupted_{share}"]["loss"] for share in SHARES},
        **{f"corrupted_{share}_accuracy": past[f"corrupted_{share}"]["accuracy"] for share in SHARES},
    }
