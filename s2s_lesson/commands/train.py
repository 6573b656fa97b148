"""Train a model on files of pairs or on a corpus, and leave a run folder."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import expect_runs, model_folder, named_path, option
from s2s_lesson.commands.files import NAMES, add_chat, add_layout, add_targets, chosen_chat, given
from s2s_lesson.corpora import CORPORA
from s2s_lesson.layers.config import PRECISIONS

if TYPE_CHECKING:
    from keras.distribution import DataParallel

    from s2s_lesson.pipeline.recipe import Recipe
    from s2s_lesson.pipeline.settings import Settings
    from s2s_lesson.training.held_folder import HeldFolder

HELP = "train a model on files of pairs or on a corpus"
RUN, SETTINGS, LOOP = "pipeline.setting_tables:RunOptions", "pipeline.fitting:fit", "training.loop:fit"
EMBEDDINGS = ("source_embeddings", "target_embeddings", "freeze_embeddings")  # in the order of the settings
# Which table of the settings an argument belongs to.
TABLES = {
    "run": ("seed", "preset", "corpus", "context", "backward"),
    "data": (
        *("files", "dev", "dev_target_files", "test", "test_target_files", "dev_share", "test_share"),
        *NAMES,
    ),
    "texts": ("source_tokens", "target_tokens", "max_vocab_size"),
    "model": ("precision",),
    "training": ("epochs", "batch_size", "keep", "average", "tensorboard"),
    "optimization": ("learning_rate",),
}
# What trying learning rates takes of a training.
TRIED_WITH = ("batch_size", "label_smoothing", "optimization", "strategies", "noise", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    what = parser.add_argument_group("what to learn from")
    what.add_argument(
        "--data",
        dest="files",
        nargs="+",
        metavar="FILE",
        help="files of pairs: tsv, csv, jsonl; - is standard input",
    )
    what.add_argument(
        "--source-file",
        dest="source_files",
        nargs="+",
        metavar="FILE",
        help="sources, a text a line, with --target-file",
    )
    add_targets(what)
    for split in ("dev", "test"):
        what.add_argument(f"--{split}", nargs="+", metavar="FILE", help=f"{split} pairs (default: a share)")
        what.add_argument(
            f"--{split}-target-file",
            dest=f"{split}_target_files",
            nargs="+",
            metavar="FILE",
            help=f"targets of the {split} pairs, beside --target-file",
        )
        what.add_argument(
            f"--{split}-share",
            type=option("corpora.own:read", f"{split}_share"),
            help=f"share of the sources that become {split} pairs (default: 0.05)",
        )
    add_chat(what)
    what.add_argument("--corpus", choices=CORPORA, help="one that comes with the package or is downloaded")
    what.add_argument(
        "--context", type=option(RUN, "context"), help="utterances to read (default: 1; cornell, chats)"
    )
    what.add_argument(
        "--backward", action="store_true", default=None, help="learn to write sources from targets"
    )
    what.add_argument(
        "--from",
        dest="from_run",
        type=model_folder,
        metavar="RUN",
        help="go on from a trained run, which stays as it is, and add the words that it lacks",
    )

    how = parser.add_argument_group("how")
    how.add_argument(
        "--config", type=named_path, metavar="FILE", help="a file of settings, see init; options go before it"
    )
    how.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TABLE.OPTION=VALUE",
        help="any setting, such as model.dropout=0.2",
    )
    how.add_argument(
        "--preset",
        type=option(RUN, "preset"),
        help="auto looks at the pairs first (default for files); or that of a corpus, or article",
    )
    for side in ("source", "target"):
        how.add_argument(
            f"--{side}-tokens", metavar="TOKENIZER", help=f"of {side}s: words, characters, bpe, icu, ..."
        )
    for side in ("source", "target"):
        how.add_argument(
            f"--{side}-embeddings",
            metavar="FILE",
            help=f"pretrained vectors of {side} words, as word2vec, GloVe or fastText (.vec) write them",
        )
    how.add_argument(
        "--freeze-embeddings",
        action="store_true",
        default=None,
        help="leave the embeddings of these sides as they are",
    )
    how.add_argument(
        "--max-vocab-size",
        type=option("pipeline.text_to_text:TextToText.from_pairs", "max_vocab_size"),
        help="tokens of each side",
    )
    how.add_argument("--seed", type=option(RUN, "seed"), help="of all that is drawn (default: 0)")
    how.add_argument("--epochs", type=option(SETTINGS, "epochs"), help="passes over the pairs")
    how.add_argument("--batch-size", type=option(SETTINGS, "batch_size"), help="pairs in a step")
    how.add_argument(
        "--learning-rate",
        type=option("training.optimizers:Optimization", "learning_rate"),
        help="the highest one",
    )
    how.add_argument("--keep", type=option(LOOP, "keep"), help="the weights of the best or the last epoch")
    how.add_argument(
        "--average",
        type=option(LOOP, "average"),
        help="keep the mean of the weights of so many epochs, the best or the last ones (default: 1)",
    )
    how.add_argument("--precision", choices=PRECISIONS, help="float32, or 16 bits on a GPU")

    parser.add_argument(
        "--output", required=True, type=named_path, metavar="FOLDER", help="where to write the run"
    )
    parser.add_argument(
        "--distribute",
        action="store_true",
        help="spread each batch over all devices, and over all processes that were started with this command "
        "(KERAS_BACKEND=jax; variables of Keras or SLURM name them, see the book's page)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    parser.add_argument("--tensorboard", action="store_true", default=None, help="write its log, too")
    parser.add_argument(
        "--find-learning-rate",
        action="store_true",
        help="try rising learning rates, print which one the loss suggests, and write nothing",
    )
    add_layout(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.recipe import prepare
    from s2s_lesson.training.distribution import join, share_of
    from s2s_lesson.training.held_folder import held_folder

    trying, settings = options.find_learning_rate, _settings(options)
    others = [f"--{name}" for name in ("resume", "tensorboard", "distribute") if getattr(options, name)]
    if trying and others:
        raise ValueError(
            f"Expected no {others[0]} with --find-learning-rate, which leaves no run; received both. "
            "Leave one out."
        )
    origin = settings.get("from", {}).get("run")
    if origin is not None:
        expect_runs(Path(origin))
    if trying:
        from s2s_lesson.pipeline.rate_finding import find_learning_rate

        _say("Loading ...")
        recipe = prepare(settings, _say)
        training = {name: value for name, value in recipe.training().items() if name in TRIED_WITH}
        print(find_learning_rate(recipe.pipeline, recipe.corpus.train, **training).report())
        return
    distribution = join() if options.distribute else None
    follows = share_of(distribution).process > 0
    with held_folder(options.output, options.resume, follows) as held:
        say = _say if held.writes else _say_nothing
        if held.writes:
            _expect_free(held.path, origin)
        say("Loading ...")
        train(prepare(settings, say), held, distribution=distribution)


def train(
    recipe: "Recipe",
    held: "HeldFolder",
    pairs: Sequence[tuple[str, str]] | None = None,
    weights: Sequence[float] | None = None,
    distribution: "DataParallel | None" = None,
) -> None:
    """Train what is ready to train, in a run folder.

    Args:
        recipe: ``Recipe``.
        held: ``HeldFolder``, entered.
        pairs: what to learn from in place of the training pairs of the recipe's corpus.
        weights: of these pairs.
        distribution: as ``fit`` takes it. The first process writes, and says what happens.
    """
    from s2s_lesson.data.whole_files import write_at_once
    from s2s_lesson.pipeline.settings import written
    from s2s_lesson.training.run_folder import SETTINGS

    say = _say if held.writes else _say_nothing

    def write_settings():
        text = written(recipe.settings)
        if held.writes:
            write_at_once(held.path / SETTINGS, lambda part: part.write_text(text, encoding="utf-8"))

    if not held.resume:
        write_settings()
    counts = ", ".join(f"{len(split):,} {name}" for name, split in recipe.corpus.splits.items())
    say(f"{counts} pairs; {recipe.pipeline.model.count_params():,} parameters")
    learned = recipe.corpus.train if pairs is None else pairs
    history = recipe.pipeline.fit(
        learned,
        recipe.corpus.dev,
        old_validation_data=recipe.old_dev,
        weights=weights,
        distribution=distribution,
        folder=held,
        resume=held.resume,
        progress=held.writes,
        **recipe.training(),
    )
    write_settings()  # a run that goes on may have more epochs than it began with
    seconds = sum(history["seconds"])
    say(f"Trained for {seconds:.0f} s. The run is in {held.path}; next: s2s-lesson evaluate {held.path}")


def _say(text: str) -> None:
    print(text, flush=True)


def _say_nothing(text: str) -> None:
    pass


def _settings(options: argparse.Namespace) -> "Settings":
    """All settings: those of a file, or of the run to go on with, and over them what the arguments say."""
    from s2s_lesson.pipeline.settings import assigned, merged, read_settings, understood
    from s2s_lesson.training.run_folder import SETTINGS

    config, begun = options.config, options.output / SETTINGS
    if config is None and options.resume and begun.exists():
        config = begun
    return merged(
        {} if config is None else read_settings(config),
        understood(_tables(options), "the command line"),
        *(assigned(text) for text in options.set),
    )


def _tables(options: argparse.Namespace) -> "Settings":
    """The settings that the arguments make."""
    tables = {table: given(options, names) for table, names in TABLES.items()}
    if options.source_files is not None:
        if options.files is not None or options.target_files is None:
            raise ValueError(
                "Expected --source-file with --target-file, and without --data; received "
                f"{'--data' if options.files else 'no --target-file'}."
                " Name pairs in one way: in one file, or in two."
            )
        tables["data"]["files"] = options.source_files
    tables["chat"] = chosen_chat(options)
    if options.from_run is not None:
        limits = {name: tables["texts"].pop(name) for name in ("max_vocab_size",) if name in tables["texts"]}
        tables["from"] = {"run": os.path.abspath(options.from_run), **limits}
    named = zip(("source", "target", "frozen"), EMBEDDINGS, strict=True)
    chosen = given(options, EMBEDDINGS)
    tables["embeddings"] = {
        name: os.path.abspath(value) if isinstance(value := chosen[argument], str) else value
        for name, argument in named
        if argument in chosen
    }
    return {table: values for table, values in tables.items() if values}


def _expect_free(output: Path, origin: str | None) -> None:
    """Raise an error where a run would be written into that of a student, or that which it goes on from."""
    from s2s_lesson.training.run_folder import DISTILLATION

    if origin is not None and Path(origin).resolve() == output.resolve():
        raise ValueError(
            f"Expected a new folder for the output; received {output}, that of the old run."
            " Give --output another name, so that the old run stays."
        )
    if (output / DISTILLATION).exists():
        raise ValueError(f"Expected a folder of train; received {output}, a student's. Go on with distil.")
