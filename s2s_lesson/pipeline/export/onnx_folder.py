"""Export: a trained pipeline as a folder that runs without an engine."""

import shutil
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from s2s_lesson import __version__, _extras, deployed
from s2s_lesson.data.description import write_description
from s2s_lesson.data.expected import checked
from s2s_lesson.data.sides import Options
from s2s_lesson.deployed.manifest import (
    DESCRIPTION_FILES,
    ENCODER,
    MANIFEST,
    STEP,
    Manifest,
    Weights,
    files_of,
)
from s2s_lesson.pipeline.export.agreement import TOLERANCE, agreement, with_stored_weights
from s2s_lesson.training.run_folder import writable_folder

if TYPE_CHECKING:
    from s2s_lesson.pipeline.sides import Source
    from s2s_lesson.pipeline.to_text import ToText


@checked
def export(
    pipeline: "ToText[Source]",
    folder: str | Path,
    *,
    weights: Weights = "float32",
    sources: Iterable["Source"] | None = None,
    name: str | None = None,
    licence: str | None = None,
    attribution: str | None = None,
) -> Manifest:
    """Write the pipeline as a folder that ``deployed.load`` runs with NumPy and ONNX Runtime alone.

    It holds the encoder and one step of the decoder as ONNX graphs, the vocabularies and tokenizers, and a
    manifest. ``weights`` says how weights are stored; all is computed in float32. What was written is loaded
    again and compared with the model, whose weights are rounded likewise, before the manifest is written.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        folder: str or Path. An empty one, a new one, or one that holds an export, which is replaced.
        weights: "float32", "float16" (half the size) or "int8" (a quarter: whole numbers, with one scale for
            each column of a kernel and each row of an embedding).
        sources: what to compare on, texts or float arrays (length, features), at least one. None draws 50,
            short ones of tokens of the vocabulary, or normally distributed vectors.
        name, licence, attribution: str or None, for the manifest: what those who get the folder should know.

    Returns:
        The ``Manifest``, with the agreement that was measured.

    Raises:
        FileExistsError: the folder holds other things.
        ModuleNotFoundError: ``onnx`` is missing, which the extra "export" brings.
        RuntimeError: the export does not agree with the model; the folder is as it was.
        ValueError: an option is out of range.
    """
    with _extras.named():
        from s2s_lesson.pipeline.export.graphs import graphs

    folder = Path(folder).resolve()
    expect_free(folder)
    part = folder.with_name(f".part-{folder.name}")  # an export that is to be replaced stays till the end
    shutil.rmtree(part, ignore_errors=True)
    writable_folder(part)
    try:
        model = with_stored_weights(pipeline.model, weights)
        write_description(part, *pipeline.description())
        for file, graph in graphs(pipeline.model, weights).items():
            (part / file).write_bytes(graph.model().SerializeToString())
        content: Options = {
            "files": files_of(part, sorted(path.name for path in part.iterdir())),
            "weights": weights,
            "config": asdict(pipeline.model.config),
            "made_with": {
                "s2s_lesson": __version__,
                "keras": keras.__version__,
                "engine": keras.backend.backend(),
                "onnx": version("onnx"),
            },
            "name": name,
            "licence": licence,
            "attribution": attribution,
        }
        Manifest(**content, agreement={}).write(part)
        measured = agreement(pipeline, model, deployed.load(part), sources)
        if not measured["largest_difference"] <= TOLERANCE:  # NaN, too
            raise RuntimeError(
                f"Expected probabilities within {TOLERANCE} of the model's; received a difference of "
                f"{measured['largest_difference']}. Nothing was exported. Please report this model's options."
            )
        manifest = Manifest(**content, agreement=measured)
        manifest.write(part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def expect_free(folder: Path) -> None:
    """Make sure that an export can be written to a folder: it holds nothing but an export, if anything.

    Args:
        folder: Path.

    Raises:
        FileExistsError: it holds other things, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"Expected a folder; {folder} is a file. Choose another name.")
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    others = sorted(held - {MANIFEST, ENCODER, STEP, *DESCRIPTION_FILES} if MANIFEST in held else held)
    if others:
        raise FileExistsError(
            f"Expected an empty folder, or one that holds an export; {folder} holds {', '.join(others[:3])}. "
            "Choose another one."
        )
