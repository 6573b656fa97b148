"""What a run begins with, in words and numbers: one that goes on needs the same."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from s2s_lesson.training.optimizers import SplitOptimizer, unscaled
from s2s_lesson.training.strategic_model import StrategicModel

Told = dict[str, object]  # what JSON can hold, without dicts within


def begun_with(model: keras.Model, batches: Mapping[str, Any]) -> Told:
    """Tell what a training begins with: all that its steps depend on, but for weights and random states.

    How many epochs there are is left out: a run may go on for longer than it was meant to.

    Args:
        model: compiled with ``compile_model``.
        batches: dict of ``PairBatches``, or of None, by what they are for.

    Returns:
        dict of names and what JSON can hold.

    >>> from s2s_lesson import Seq2Seq, Seq2SeqConfig
    >>> from s2s_lesson.training import PairBatches, compile_model
    >>> model = Seq2Seq(Seq2SeqConfig(5, 5, encoder_units=2, decoder_units=2))
    >>> compile_model(model, 0.01)
    >>> told = begun_with(model, {"pairs": PairBatches([[4, 3]], [[4, 3]], seed=7)})
    >>> told["learning_rate"], told["pairs.seed"], told["model.encoder_units"]
    (0.01, 7, 2)
    """
    told: Told = {}
    if isinstance(model, StrategicModel):
        told |= {"strategies": [repr(strategy) for strategy in model.strategies]}
        told |= {"strategies.seed": model.seed, "model": type(model.model).__name__}
    else:
        told |= {"model": type(model).__name__}
    config = getattr(getattr(model, "model", model), "config", None)
    told |= {f"model.{name}": value for name, value in (asdict(config) if config else {}).items()}
    told |= _of_optimizer(model.optimizer)
    told["label_smoothing"] = getattr(model.loss, "label_smoothing", None)
    for name, some in batches.items():
        of_them = {"": "none"} if some is None else some.told() if hasattr(some, "told") else {"": len(some)}
        told |= {f"{name}.{what}".rstrip("."): value for what, value in of_them.items()}
    return told


def fingerprint(content: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256, for people to compare.

    >>> fingerprint(b"")
    'e3b0c44298fc1c14'
    """
    return sha256(content).hexdigest()[:16]


def differences(begun: Told, now: Told) -> str:
    """What differs, in a sentence; empty where nothing does.

    >>> differences({"seed": 0, "batch_size": 64}, {"seed": 1, "batch_size": 64})
    'seed = 1 in place of 0'
    >>> differences({"noise": "none"}, {"noise": "some", "noise.seed": 0})  # of which the first says enough
    "noise = 'some' in place of 'none'"
    """
    differ = {name for name in {**begun, **now} if begun.get(name) != now.get(name)}
    missing = begun.keys() ^ now.keys()
    names = [
        name
        for name in {**begun, **now}
        if name in differ and not (name in missing and name.rpartition(".")[0] in differ)
    ]
    return ", ".join(f"{name} = {now.get(name)!r} in place of {begun.get(name)!r}" for name in names)


def _of_optimizer(optimizer):
    optimizer = unscaled(optimizer)
    first = optimizer.optimizers[0] if isinstance(optimizer, SplitOptimizer) else optimizer
    rate = first._learning_rate
    return {
        "optimizer": type(first).__name__,
        "learning_rate": _of_schedule(rate)
        if isinstance(rate, LearningRateSchedule)
        else float(f"{float(keras.ops.convert_to_numpy(rate)):.6g}"),
        "clip_norm": first.global_clipnorm,
        "accumulation": first.gradient_accumulation_steps or 1,
    }


def _of_schedule(schedule):
    """What a schedule is, but for the number of its steps, which follows from the epochs."""
    try:
        config = dict(schedule.get_config())
    except NotImplementedError:
        return type(schedule).__name__
    if isinstance(config.get("schedule"), dict):  # another one, times a number
        config["schedule"] = dict(config["schedule"]["config"])
        config["schedule"].pop("steps", None)
    config.pop("steps", None)
    return f"{type(schedule).__name__}({config})"
