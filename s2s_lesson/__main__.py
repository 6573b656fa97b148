"""The command line: python -m s2s_lesson train | predict | evaluate | chat | plot."""

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes are not for the user

RUN = "run.json"
EXAMPLES = """examples:
  python -m s2s_lesson train --corpus dates --output runs/dates
  python -m s2s_lesson predict runs/dates "30 sept. 2016" "Friday, September 30, 2016"
  python -m s2s_lesson evaluate runs/dates
  python -m s2s_lesson plot runs/dates "30 sept. 2016" --output attention.png
  python -m s2s_lesson chat runs/cornell
"""


def main(arguments=None):
    """Run one command.

    Args:
        arguments: list of str; None takes those of the process.

    Returns:
        int: the exit code, 0 if all went well.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def train(options):
    """Train the preset of a corpus and leave a run folder."""
    from s2s_lesson.presets import PRESETS, Preset, untrained
    from s2s_lesson.run import CHECKPOINT, run_folder

    preset = options.preset or options.corpus
    if preset is None:
        raise ValueError("Expected --corpus or --preset; received neither. Say what to learn from.")
    known = PRESETS.get(preset, Preset())
    corpus_name = options.corpus or known.corpus_name or preset
    output = run_folder(options.output, options.resume)
    run = {"corpus": corpus_name, "seed": options.seed}
    if preset != corpus_name:
        run["preset"] = preset
    if options.precision is not None:
        run["precision"] = options.precision
    if options.backward:
        run["backward"] = True
    if options.context > 1:
        run["context"] = options.context
    if options.resume and (output / RUN).exists():
        begun = json.loads((output / RUN).read_text(encoding="utf-8"))
        if begun != run:
            raise ValueError(f"Expected the options that the run began with, {begun}; received {run}.")
    print(f"Loading {corpus_name} ...", flush=True)
    corpus, pipeline = untrained(
        preset,
        options.seed,
        corpus_name,
        context=options.context,
        backward=options.backward,
        precision=options.precision,
    )
    counts = ", ".join(f"{len(pairs):,} {split}" for split, pairs in corpus.splits.items())
    print(f"{counts} pairs; {pipeline.model.count_params():,} parameters", flush=True)
    given = {"epochs": options.epochs, "batch_size": options.batch_size}
    given = {name: value for name, value in given.items() if value is not None}
    if not (output / CHECKPOINT).exists():
        (output / RUN).write_text(json.dumps(run) + "\n", encoding="utf-8")
    history = pipeline.fit(
        corpus.train,
        corpus.dev,
        folder=output,
        seed=options.seed,
        resume=options.resume,
        tensorboard=options.tensorboard,
        **{**PRESETS[preset].training, **given},
    )
    seconds = sum(history["seconds"])
    print(
        f"Trained for {seconds:.0f} s. The run is in {output}; next: python -m s2s_lesson evaluate {output}"
    )


def predict(options):
    """Print the outputs for texts from the command line, or from standard input, one a line."""
    from s2s_lesson.chat import note_unknown
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(options.run)
    texts = options.texts or [line.rstrip("\n") for line in sys.stdin]
    predictions = pipeline.predict(
        texts,
        options.beam_size,
        options.n_best,
        length_penalty=options.length_penalty,
        progress=sys.stderr.isatty(),
    )
    for prediction in predictions:
        if remark := note_unknown(prediction, set()):
            print(remark, file=sys.stderr)
        for found in (prediction, *prediction.alternatives):
            shown = f"{found.log_probability:.3f}\t" if options.n_best > 1 else ""
            print(f"{shown}{found.text}")


def evaluate(options):
    """Score a run on a split of the corpus that it was trained on."""
    from s2s_lesson.evaluation import evaluate as score
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.presets import load_corpus

    pipeline = TextToText.load(options.run)
    if not (options.run / RUN).exists():
        raise FileNotFoundError(
            f"Expected {RUN}, which names the corpus, in {options.run}; there is none. "
            "Evaluate a folder that 'python -m s2s_lesson train' made, or use s2s_lesson.evaluation."
        )
    run = json.loads((options.run / RUN).read_text(encoding="utf-8"))
    corpus = load_corpus(run.get("preset", run["corpus"]), run["corpus"], _context(run))
    if run.get("backward"):
        corpus = corpus.reversed()
    if options.split not in corpus.splits:
        raise ValueError(f"Expected a split among {', '.join(corpus.splits)}; received {options.split!r}.")
    pairs = corpus.splits[options.split][: options.limit]
    scores = score(pipeline, pairs, options.beam_size, progress=sys.stderr.isatty())
    scores = {**run, "split": options.split, **scores}
    if options.json:
        print(json.dumps(scores))
    else:
        for name, value in scores.items():
            print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")


def chat(options):
    """Talk with a run: it answers line by line, and knows what was said before if it was trained to."""
    from s2s_lesson.chat import Chat, talk
    from s2s_lesson.pipeline import TextToText

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (input() then edits lines, and remembers them)
    if options.sample:
        chosen = {"temperature": options.temperature, "top_p": options.top_p, "seed": options.seed}
        others = {"--length-penalty": options.length_penalty}
    else:
        chosen = {"length_penalty": options.length_penalty}
        others = {"--temperature": options.temperature, "--top-p": options.top_p, "--seed": options.seed}
    if unused := [name for name, value in others.items() if value is not None]:
        wanted = "no --sample" if options.sample else "--sample"
        raise ValueError(f"Expected {wanted} with {', '.join(unused)}; received {others}.")
    chosen = {name: value for name, value in chosen.items() if value is not None}
    pipeline, run = TextToText.load(options.run), _read_run(options.run)
    backward = None
    if options.backward is not None:
        backward, other = TextToText.load(options.backward), _read_run(options.backward)
        if other and (not other.get("backward") or _context(other) != _context(run)):
            raise ValueError(
                f"Expected a run that was trained with --backward, on the contexts of {options.run}; "
                f"received {options.backward}, which was trained with {other}."
            )
    talk(
        Chat(
            pipeline,
            context=_context(run),
            beam_size=options.beam_size,
            sample=options.sample,
            backward=backward,
            plot=_plot,
            no_repeat_ngram=options.no_repeat_ngram,
            **chosen,
        )
    )


def plot(options):
    """Draw the attention of one prediction to a file."""
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.run import writable_folder

    writable_folder(options.output.parent)
    prediction = TextToText.load(options.run).predict([options.text], options.beam_size)[0]
    _plot(prediction, options.output)
    print(f"{prediction.text}\nThe plot is in {options.output}.")


def _plot(prediction, path):
    import matplotlib

    matplotlib.use("Agg")
    from s2s_lesson.plotting import plot_attention
    from s2s_lesson.run import writable_folder

    if not prediction.tokens:
        raise ValueError("Expected a text to plot; received a blank one.")
    writable_folder(Path(path).parent)
    plot_attention(prediction).figure.savefig(path, dpi=200)


def _read_run(folder):
    """What ``train`` wrote about a run: dict, empty for a run from Python."""
    path = folder / RUN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _context(run):
    return run.get("context", 1)


def _parser():
    from s2s_lesson.config import PRECISIONS
    from s2s_lesson.corpora import CORPORA

    parser = argparse.ArgumentParser(
        prog="python -m s2s_lesson",
        description="Train and use sequence-to-sequence models with attention.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(function, help):
        sub = commands.add_parser(function.__name__, help=help, description=function.__doc__)
        sub.set_defaults(command=function)
        return sub

    sub = command(train, "train a model on a corpus")
    sub.add_argument("--corpus", choices=CORPORA, help="what to learn from (default: the preset's corpus)")
    sub.add_argument(
        "--preset", help="how to learn it: article, article-shared (default: what suits the corpus)"
    )
    sub.add_argument("--output", required=True, type=Path, metavar="FOLDER", help="where the run is written")
    sub.add_argument("--seed", type=_at_least(0), default=0, help="same seed, same machine: same model")
    sub.add_argument("--epochs", type=_at_least(1), help="passes over the corpus (default: the preset's)")
    sub.add_argument("--batch-size", type=_at_least(1), help="pairs in a step (default: the preset's)")
    sub.add_argument("--precision", choices=PRECISIONS[1:], help="float32, or 16 bits on a GPU")
    sub.add_argument(
        "--context", type=_at_least(1), default=1, help="utterances to read (default: 1; cornell)"
    )
    sub.add_argument("--backward", action="store_true", help="learn to write sources from targets")
    sub.add_argument("--tensorboard", action="store_true", help="write FOLDER/tensorboard as well")
    sub.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")

    sub = command(predict, "write the outputs for texts")
    _add_run(sub)
    sub.add_argument("texts", nargs="*", metavar="TEXT", help="default: the lines of standard input")
    _add_beam_size(sub)
    sub.add_argument("--n-best", type=_at_least(1), default=1, help="outputs for each text (default: 1)")
    sub.add_argument(
        "--length-penalty",
        type=float,
        default=0.0,
        help="more favours longer outputs (default: 0)",
    )

    sub = command(evaluate, "score a run on held-out data")
    _add_run(sub)
    sub.add_argument("--split", default="test", help="train, dev, test, ... (default: test)")
    sub.add_argument("--limit", type=_at_least(1), help="use only the first LIMIT pairs")
    _add_beam_size(sub)
    sub.add_argument("--json", action="store_true", help="print the figures as one JSON object")

    sub = command(chat, "talk with a run")
    _add_run(sub)
    _add_beam_size(sub)
    sub.add_argument("--length-penalty", type=float, help="more favours longer replies (default: 0)")
    sub.add_argument(
        "--no-repeat-ngram", type=_at_least(0), default=0, metavar="N", help="write no N tokens twice"
    )
    sub.add_argument("--sample", action="store_true", help="draw replies at random")
    sub.add_argument("--temperature", type=float, help="below 1 favours likely tokens (default: 1)")
    sub.add_argument("--top-p", type=float, help="draw from the likeliest tokens that make up this share")
    sub.add_argument("--seed", type=_at_least(0), help="of what is drawn (default: 0)")
    sub.add_argument(
        "--backward",
        type=Path,
        metavar="RUN2",
        help="a run trained with --backward, which chooses among --beam-size replies",
    )

    sub = command(plot, "draw the attention map of one prediction")
    _add_run(sub)
    sub.add_argument("text", metavar="TEXT")
    sub.add_argument("--output", required=True, type=Path, metavar="FILE", help="a .png, .svg or .pdf file")
    _add_beam_size(sub)
    return parser


def _add_run(sub):
    sub.add_argument("run", type=Path, metavar="RUN", help="a run folder, made by train")


def _add_beam_size(sub):
    sub.add_argument(
        "--beam-size", type=_at_least(1), default=5, help="hypotheses kept at every step (default: 5)"
    )


def _at_least(lowest):
    def number(text):
        value = int(text)
        if value < lowest:
            raise argparse.ArgumentTypeError(f"expected a number of at least {lowest}; received {value}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
