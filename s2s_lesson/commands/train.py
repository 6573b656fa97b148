"""Train a model on a corpus, and leave a run folder."""

import argparse
import json
from pathlib import Path

from s2s_lesson.commands.arguments import option, read_run
from s2s_lesson.corpora import CORPORA
from s2s_lesson.layers.config import PRECISIONS

HELP = "train a model on a corpus"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--corpus", choices=CORPORA, help="what to learn from (default: the preset's corpus)")
    parser.add_argument(
        "--preset",
        type=option("pipeline.presets.untrained", "name"),
        help="how to learn it: article, article-shared (default: what suits the corpus)",
    )
    parser.add_argument("--output", required=True, type=Path, metavar="FOLDER", help="where to write the run")
    parser.add_argument(
        "--seed",
        type=option("pipeline.presets.untrained", "seed"),
        default=0,
        help="same seed, same machine: same model",
    )
    parser.add_argument(
        "--epochs",
        type=option("pipeline.fitting.fit", "epochs"),
        help="passes over the corpus (default: the preset's)",
    )
    parser.add_argument(
        "--batch-size",
        type=option("pipeline.fitting.fit", "batch_size"),
        help="pairs in a step (default: the preset's)",
    )
    parser.add_argument(
        "--keep",
        type=option("training.loop.fit", "keep"),
        default="best",
        help="which epoch's weights: best (lowest held-out loss, the default) or last",
    )
    parser.add_argument("--precision", choices=PRECISIONS, help="float32, or 16 bits on a GPU")
    parser.add_argument(
        "--context",
        type=option("pipeline.presets.untrained", "context"),
        default=1,
        help="utterances to read (default: 1; cornell)",
    )
    parser.add_argument("--backward", action="store_true", help="learn to write sources from targets")
    parser.add_argument("--tensorboard", action="store_true", help="write FOLDER/tensorboard as well")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.presets import PRESETS, Preset, untrained
    from s2s_lesson.training.run_folder import CHECKPOINT, RUN, run_folder

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
    if options.resume and (begun := read_run(output)) and begun != run:
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
        keep=options.keep,
        **{**PRESETS[preset].training, **given},
    )
    seconds = sum(history["seconds"])
    print(f"Trained for {seconds:.0f} s. The run is in {output}; next: s2s-lesson evaluate {output}")
