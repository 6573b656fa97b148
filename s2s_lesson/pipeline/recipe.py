"""From settings to a run that is ready to train: its corpus, its pipeline, all settings as they are used."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import cast

from s2s_lesson import engine
from s2s_lesson.corpora import Corpus
from s2s_lesson.data.embeddings import embedding_layout
from s2s_lesson.data.expected import checked
from s2s_lesson.data.noise import Noise
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.sides import Options
from s2s_lesson.pipeline.continuing import Origin, origin_of
from s2s_lesson.pipeline.corpus_choice import corpus_of
from s2s_lesson.pipeline.embeddings import SIDES
from s2s_lesson.pipeline.growing import grown
from s2s_lesson.pipeline.inspection import inspect_corpus
from s2s_lesson.pipeline.presets import PRESETS, options_for_pairs
from s2s_lesson.pipeline.recommendation import recommended, training_for
from s2s_lesson.pipeline.setting_tables import RunOptions, defaults, options_in
from s2s_lesson.pipeline.settings import STRATEGIES, Settings, merged
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training import schedules, strategies
from s2s_lesson.training.optimizers import Optimization
from s2s_lesson.training.strategies import Strategy

PARTS = {
    name: getattr(module, name)
    for module, names in {
        strategies: ("TeacherForcing", "ScheduledSampling", "JointTraining", "MinimumRisk"),
        schedules: ("Constant", "LinearDecay", "ExponentialDecay", "InverseSigmoidDecay"),
    }.items()
    for name in names
}


@checked
@dataclass(frozen=True)
class Recipe:
    """A run that is ready to train.

    Attributes:
        corpus: ``Corpus``.
        pipeline: ``TextToText``, untrained, or trained on other pairs and grown for these.
        settings: dict of dicts, every setting as it is used: the same settings give the same run.
        old_dev: list of pairs, the development pairs of the run that this one goes on from, or None.

    >>> small = {"corpus_options": {"train_size": 97, "dev_size": 11, "test_size": 7}}
    >>> recipe = prepare({"run": {"corpus": "copy", **small}, "training": {"epochs": 3}})
    >>> recipe.settings["training"]["epochs"], len(recipe.corpus.train)
    (3, 97)
    """

    corpus: Corpus
    pipeline: TextToText
    settings: Settings
    old_dev: list[tuple[str, str]] | None = None

    def training(self) -> Options:
        """The options of ``TextToText.fit``."""
        return {
            **self.settings["training"],
            "seed": self.settings["run"]["seed"],
            "optimization": Optimization(**self.settings["optimization"]),
            "noise": Noise(**self.settings["noise"]),
            "strategies": [cast(Strategy, made(table)) for table in self.settings.get(STRATEGIES, [])],
        }


def prepare(settings: Settings, say: Callable[[str], object] = lambda text: None) -> Recipe:
    """Load what a run learns from, and make its pipeline, untrained or from a trained run.

    Args:
        settings: dict of dicts, as ``settings.read_settings`` gives them. What they leave out the preset
            says, or what is recommended for the pairs, or the defaults.
        say: function of a str, which hears what was read and what is recommended.

    Returns:
        ``Recipe``.

    Raises:
        ValueError: nothing says what to learn from, or two things do; an option is out of its range, or asks
            for another model than that of the run to go on from.
        OSError: a file cannot be read.
        s2s_lesson.corpora.CorpusUnavailable: the corpus can neither be found nor downloaded.
    """
    options = RunOptions(**settings.get("run", {}))
    _expect_usable(settings)
    origin = origin_of(settings)
    if origin is not None:
        return _going_on(origin, settings, say)
    corpus, loaded = corpus_of(settings, say)
    proposed = _proposed(corpus, loaded["run"], say)
    tables = ("texts", "model", "embeddings", "training", "optimization", "noise")
    used = merged(loaded, defaults(*tables), proposed, settings, loaded)
    if "max_target_length" not in settings.get("model", {}):
        used["model"]["max_target_length"] = used["texts"]["max_output_length"]
    engine.seed_everything(options.seed)
    pipeline = TextToText.from_pairs(corpus.train, **used["texts"], **used["model"])
    _use_embeddings(pipeline, corpus, used["embeddings"], say)
    return Recipe(corpus, pipeline, used)


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
    if not isinstance(name, str) or name not in PARTS:
        raise ValueError(
            f"Expected a strategy or schedule with the name {' or '.join(PARTS)}; received {table}."
            " Choose a name that s2s_lesson.training has."
        )
    known = [field.name for field in fields(PARTS[name])]
    if strange := options.keys() - set(known):
        raise ValueError(
            f"Expected options of {name} among {', '.join(known)}; received {sorted(strange)}."
            " Leave the others out."
        )
    read = {key: made(value) if isinstance(value, dict) else value for key, value in options.items()}
    try:
        return PARTS[name](**read)
    except TypeError as error:  # one is missing
        raise ValueError(f"Expected all that {name} needs; received {table}: {error}. Add it.") from error


def _expect_usable(settings):
    """Find what is wrong with cleaning, noise, strategies and embeddings before anything is loaded."""
    Preparation("characters", cleaning=settings.get("texts", {}).get("cleaning"))
    for table in settings.get(STRATEGIES, []):
        made(table)
    Noise(**settings.get("noise", {}))
    embeddings = settings.get("embeddings", {})
    files = [embeddings[side] for side in SIDES if embeddings.get(side) is not None]
    if embeddings.get("frozen") and not files:
        raise ValueError(
            "Expected embeddings of a side with embeddings.frozen; received none. Name a file as "
            "embeddings.source or embeddings.target, on the command line --source-embeddings or "
            "--target-embeddings."
        )
    for file in files:
        embedding_layout(file)


def _going_on(origin: Origin, settings: Settings, say) -> Recipe:
    """A run that goes on from a trained one: what is left out follows from the number of new pairs."""
    settings = merged(origin.inherited(), settings)
    corpus, loaded = corpus_of(settings, say)
    loaded["run"]["preset"] = None
    proposed = training_for(len(corpus.train))
    del proposed["learning_rate"]  # for weights that know nothing yet
    tables = ("from", "embeddings", "training", "optimization", "noise")
    used = merged(loaded, defaults(*tables), {"training": proposed}, settings, loaded)
    used = merged(used, origin.told())
    old_dev = origin.old_dev(say) if used["from"]["old_dev"] else None
    used["from"]["old_dev"] = old_dev is not None
    engine.seed_everything(used["run"]["seed"])
    limits = used["from"]["min_count"], used["from"]["max_vocab_size"]
    pipeline = grown(origin.pipeline, corpus.train, *limits, say)
    _use_embeddings(pipeline, corpus, used["embeddings"], say)
    return Recipe(corpus, pipeline, used, old_dev)


def _use_embeddings(pipeline, corpus, table, say):
    """Put in the pretrained embeddings that a table names, with its paths as they are from anywhere."""
    if table == defaults("embeddings")["embeddings"]:
        return
    for side in SIDES:
        table[side] = None if table[side] is None else os.path.abspath(table[side])
    for side, matched in pipeline.use_embeddings(**table, pairs=corpus.train).items():
        say(f"{side} embeddings: {matched}")


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
