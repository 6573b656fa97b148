"""A model in one file, with what belongs to it: as Keras writes it, or small, with weights of 16 bits."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np

from s2s_lesson.data.whole_files import enclose, readable, write_at_once
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.models.seq2seq import Seq2Seq

HEADER = 4096  # bytes, more than what NumPy writes before the numbers of an array
NONE: Mapping[str, bytes] = MappingProxyType({})
REMEDY = "Take it anew from where it came, or train again."


def write_model(model: keras.Model, path: Path, files: Mapping[str, bytes] = NONE) -> None:
    """Write a model as Keras does, all at once.

    Args:
        model: ``keras.Model``.
        path: Path, of a file ``.keras``.
        files: dict of names and contents, which the file encloses: see ``data.whole_files.enclose``.

    Raises:
        OSError: it cannot be written; the file that was there stays.
    """

    def write(part):
        model.save(part)
        enclose(part, files)

    write_at_once(path, write)


def read_model(path: Path) -> Seq2Seq:
    """Read a model that ``write_model`` wrote, in Keras's safe mode: no code in the file is run.

    Args:
        path: Path.

    Returns:
        ``Seq2Seq``, not compiled.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged, or holds a model of another kind.
    """
    with readable(path, "a model of s2s_lesson", REMEDY):
        model = keras.saving.load_model(path, compile=False)
        if not isinstance(model, Seq2Seq):
            raise ValueError(f"it is a {type(model).__name__}")
    return model


def write_stored(model: Seq2Seq, path: str | Path, files: Mapping[str, bytes] = NONE) -> None:
    """Write a model with weights of 16 bits, to half of what ``save`` needs.

    Args:
        model: ``Seq2Seq``.
        path: str or Path, of a file ``.npz``.
        files: as of ``write_model``.

    Raises:
        ValueError: a weight is not finite, or too large for 16 bits.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from s2s_lesson import Seq2Seq, Seq2SeqConfig
    >>> model = Seq2Seq(Seq2SeqConfig(7, 11, encoder_units=3, decoder_units=5))
    >>> with TemporaryDirectory() as folder:
    ...     write_stored(model, Path(folder, "weights.npz"))
    ...     read_stored(Path(folder, "weights.npz")).config == model.config
    True
    """
    arrays = {}
    for index, (weight, values) in enumerate(zip(model.weights, model.get_weights(), strict=True)):
        with np.errstate(over="ignore"):
            rounded = values.astype("float16")
        if not np.isfinite(rounded).all():
            raise ValueError(
                f"Expected weights that numbers of 16 bits can hold, up to 65,504; {weight.path} has others. "
                "Save the model as it is, with 32 bits."
            )
        arrays[f"weight_{index}"] = rounded
    config = np.array(json.dumps(model.get_config()["config"]))

    def write(part):
        with part.open("wb") as file:
            np.savez_compressed(file, config=config, **arrays)
        enclose(part, files)

    write_at_once(Path(path), write)


def read_stored(path: str | Path) -> Seq2Seq:
    """Read a model that ``write_stored`` wrote. No code in the file is run, and no more memory is used than
    a model of its configuration needs.

    Args:
        path: str or Path.

    Returns:
        ``Seq2Seq``.

    Raises:
        OSError: there is no such file.
        ValueError: it is no such file, or is damaged.
    """
    path = Path(path)
    with readable(path, "a model with weights of 16 bits", REMEDY):
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if sizes.get("config.npy", np.inf) > 2 * HEADER:
            raise ValueError("it has no configuration")
        with np.load(path, allow_pickle=False) as stored:
            model = Seq2Seq(_config(stored))
            expected = {f"weight_{index}": weight.shape for index, weight in enumerate(model.weights)}
            for name, shape in expected.items():
                if sizes.get(f"{name}.npy", np.inf) > 2 * np.prod(shape, dtype="int64") + HEADER:
                    raise ValueError(f"it has no {name} of the shape {tuple(shape)}")
            model.set_weights([stored[name].astype("float32") for name in expected])
    return model


def _config(stored):
    """The configuration in a file."""
    told = json.loads(str(stored["config"]))
    known = {field.name for field in fields(Seq2SeqConfig)}
    if strange := told.keys() - known:
        raise ValueError(f"it has options that this version does not know: {', '.join(sorted(strange))}")
    return Seq2SeqConfig(**told)
