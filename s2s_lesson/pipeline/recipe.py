"""From settings to a run that is ready to train: its corpus, its pipeline, all settings as they are used."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import cast

from s2s_lesson import engine
from s2s_lesson.corpora import Corpus, chats, own
from s2s_lesson.corpora.files import Layout
from s2s_lesson.data.sides import Options
from s2s_lesson.pipeline.inspection import inspect_corpus
from s2s_lesson.pipeline.presets import PRESETS, load_corpus, options_for_pairs
from s2s_lesson.pipeline.recommendation import recommended
from s2s_lesson.pipeline.setting_tables import RunOptions, options_in
from s2s_lesson.pipeline.settings import STRATEGIES, Settings, merged
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training import schedules, strategies
from s2s_lesson.training.optimizers import Optimization
from s2s_lesson.training.strategies import Strategy

FILES = ("files", "target_files", "dev", "dev_target_files", "test", "test_target_files")
PARTS = {
    name: getattr(module, name)
    for module, names in {
        strategies: ("TeacherForcing", "ScheduledSampling", "JointTraining", "MinimumRisk"),
        schedules: ("Constant", "LinearDecay", "ExponentialDecay", "InverseSigmoidDecay"),
    }.items()
    for name in names
}


@dataclass(frozen=True)
class Recipe:
    """A run that is ready to train.

    Attributes:
        corpus: ``Corpus``.
        pipeline: ``TextToText``, untrained.
        settings: dict of dicts, every setting as it is used: the same settings give the same run.

    >>> small = {"corpus_options": {"train_size": 97, "dev_size": 11, "test_size": 7}}
    >>> recipe = prepare({"run": {"corpus": "copy", **small}, "training": {"epochs": 3}})
    >>> recipe.settings["training"]["epochs"], len(recipe.corpus.train)
    (3, 97)
    """

    corpus: Corpus
    pipeline: TextToText
    settings: Settings

    def training(self) -> Options:
        """The options of ``TextToText.fit``."""
        return {
            **self.settings["training"],
            "seed": self.settings["run"]["seed"],
            "optimization": Optimization(**self.settings["optimization"]),
            "strategies": [cast(Strategy, made(table)) for table in self.settings.get(STRATEGIES, [])],
        }


def prepare(settings: Settings, say: Callable[[str], object] = lambda text: None) -> Recipe:
    """Load what a run learns from, and make its untrained pipeline.

    Args:
        settings: dict of dicts, as ``settings.read_settings`` gives them. What they leave out the preset
            says, or what is recommended for the pairs, or the defaults.
        say: function of a str, which hears what was read and what is recommended.

    Returns:
        ``Recipe``.

    Raises:
        ValueError: nothing says what to learn from, or two things do; an option is out of its range.
        OSError: a file cannot be read.
        s2s_lesson.corpora.CorpusUnavailable: the corpus can neither be found nor downloaded.
    """
    options = RunOptions(**settings.get("run", {}))
    corpus, loaded = corpus_of(settings, say)
    proposed = _proposed(corpus, loaded["run"], say)
    used = merged(loaded, _defaults("texts", "model", "training", "optimization"), proposed, settings, loaded)
    if "max_target_length" not in settings.get("model", {}):
        used["model"]["max_target_length"] = used["texts"]["max_output_length"]
    engine.seed_everything(options.seed)
    pipeline = TextToText.from_pairs(corpus.train, **used["texts"], **used["model"])
    return Recipe(corpus, pipeline, used)


def corpus_of(
    settings: Settings, say: Callable[[str], object] = lambda text: None
) -> tuple[Corpus, Settings]:
    """Load what settings say to learn from.

    Args:
        settings: dict of dicts.
        say: function of a str, which hears what was read from files.

    Returns:
        corpus: ``Corpus``; with ``backward`` its pairs are turned round.
        loaded: dict of the tables "run", "data" and "chat", with all that was left open.

    Raises:
        OSError, ValueError, s2s_lesson.corpora.CorpusUnavailable: as ``prepare``.
    """
    options = RunOptions(**settings.get("run", {}))
    data, chat = settings.get("data", {}), settings.get("chat", {})
    named = {"corpus": options.corpus, "files": data.get("files"), "chat": chat.get("path")}
    given = {name: value for name, value in named.items() if value}
    if len(given) > 1:
        raise ValueError(f"Expected a corpus, files or a chat to learn from; received more: {given}.")
    run = {**asdict(options), "preset": options.preset or "auto"}
    if "files" in given:
        corpus, data = _of_files(data, say)
    elif "chat" in given:
        chat = {**_defaults("chat")["chat"], **chat, "path": os.path.abspath(chat["path"])}
        corpus = chats.load(**chat, context=options.context)
        say("\n".join(f"{name}: {count:,}" for name, count in corpus.notes.items()))
    else:
        corpus, run = _of_name(options)
    return corpus.reversed() if options.backward else corpus, {"run": run, "data": data, "chat": chat}


def made(table: Options) -> object:
    """Make a strategy or a schedule that a table names; its options may name further ones.

    Args:
        table: dict, of ``name`` and options.

    Returns:
        A ``training.Strategy``, or a schedule.

    Raises:
        ValueError: nothing has this name, or an option is not known or out of its range.

    >>> made({"name": "LinearDecay", "steps": 100}).steps
    100
    """
    options = dict(table)
    name = options.pop("name", None)
    if name not in PARTS:
        raise ValueError(
            f"Expected a strategy or schedule with the name {' or '.join(PARTS)}; received {table}."
        )
    known = [field.name for field in fields(PARTS[name])]
    if strange := options.keys() - set(known):
        raise ValueError(f"Expected options of {name} among {', '.join(known)}; received {sorted(strange)}.")
    return PARTS[name](
        **{key: made(value) if isinstance(value, dict) else value for key, value in options.items()}
    )


def _of_name(options):
    name = options.corpus if options.preset in (None, "auto") else options.preset
    if name is None:
        raise ValueError(
            "Expected what to learn from: --data FILE, --chat FILE, --corpus NAME or --preset NAME, or a "
            "file of settings that says so; received none."
        )
    preset = PRESETS[name]
    loaded = preset.corpus if options.corpus_options is None else options.corpus_options
    corpus_name = options.corpus or preset.corpus_name or name
    corpus = load_corpus(name, corpus_name, options.context, loaded)
    told = {"preset": options.preset or name, "corpus": corpus_name, "corpus_options": loaded}
    return corpus, {**asdict(options), **told}


def _of_files(data, say):
    laid_out = {field.name for field in fields(Layout)}
    layout = Layout(**{name: value for name, value in data.items() if name in laid_out})
    others = {name: value for name, value in data.items() if name not in laid_out}
    read = own.read(**others, layout=layout, progress=sys.stderr.isatty())
    say(read.read.report())
    named = {name: [_absolute(path) for path in own.listed(data.get(name))] or None for name in FILES}
    told = {**_defaults("data")["data"], **data, **named, **asdict(read.read.layout), "sha256": read.sha256}
    return read.corpus, told


def _absolute(path):
    return str(path) if str(path) == own.STANDARD_INPUT else os.path.abspath(path)


def _proposed(corpus, run, say) -> Settings:
    """What the preset says, or what is recommended for the pairs, as settings."""
    preset, named = run["preset"], run["corpus"] is not None
    if preset == "auto" or not named:
        recommendation = recommended(inspect_corpus(corpus))
    if preset == "auto":
        say(recommendation.report())
        texts, training = recommendation.pipeline, recommendation.training
    else:
        sides = ("source_tokens", "target_tokens")
        tokens = {side: getattr(corpus, side) if named else recommendation.pipeline[side] for side in sides}
        texts = {**tokens, **options_for_pairs(preset, run["context"], run["backward"])}
        training = PRESETS[preset].training
    training = dict(training)
    optimization = asdict(training.pop("optimization", Optimization()))
    if "learning_rate" in training:
        optimization["learning_rate"] = training.pop("learning_rate")
    model = {name: value for name, value in texts.items() if name in options_in("model")}
    texts = {name: value for name, value in texts.items() if name not in model}
    return {"texts": texts, "model": model, "training": training, "optimization": optimization}


def _defaults(*tables: str) -> Settings:
    return {table: {name: option.default for name, option in options_in(table).items()} for table in tables}
