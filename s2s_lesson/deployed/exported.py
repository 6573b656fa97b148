"""An exported model, loaded: texts in, texts and attention out, with NumPy and ONNX Runtime alone."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from s2s_lesson import _extras
from s2s_lesson.data.description import read_description
from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.sides import Sides, Source
from s2s_lesson.data.text import PACKAGES
from s2s_lesson.data.text_sides import TextSides
from s2s_lesson.data.vector_sides import VectorSides
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.deployed import writing
from s2s_lesson.deployed.manifest import ENCODER, STEP, Manifest, read_manifest
from s2s_lesson.deployed.sessions import Sessions

LARGEST_EXPORT = 1 << 30  # bytes


class Exported(Sides[Source]):
    """What ``ExportedTextToText`` and ``ExportedSequenceToText`` share. Several threads may use it at once.

    Attributes:
        manifest: ``Manifest``, what the export says of itself.
        sessions: ``Sessions``, the graphs.

    >>> issubclass(ExportedTextToText, Exported)
    True
    """

    manifest: Manifest
    sessions: Sessions

    predict = writing.predict
    sample = writing.sample

    @property
    def batches_at_once(self) -> int:
        """As many as a call may use threads."""
        return self.sessions.threads

    def _hold(self, sessions: Sessions, manifest: Manifest) -> None:
        self.sessions, self.manifest = sessions, manifest
        self.start, self.step = sessions.start, sessions.step


class ExportedTextToText(TextSides, Exported[str]):
    """An exported ``TextToText``: see ``load``.

    >>> ExportedTextToText.predict is Exported.predict
    True
    """

    @checked
    def __init__(
        self,
        sessions: Sessions,
        manifest: Manifest,
        source_vocab: Vocabulary,
        target_vocab: Vocabulary,
        **options: Any,
    ):
        super().__init__(source_vocab, target_vocab, **options, copies=bool(manifest.config.get("copy")))
        self._hold(sessions, manifest)


class ExportedSequenceToText(VectorSides, Exported[np.ndarray]):
    """An exported ``SequenceToText``: see ``load``.

    >>> ExportedSequenceToText.sample is Exported.sample
    True
    """

    @checked
    def __init__(self, sessions: Sessions, manifest: Manifest, target_vocab: Vocabulary, **options: Any):
        super().__init__(target_vocab, **options)
        self._hold(sessions, manifest)


@checked
def load(
    folder: str | Path, threads: PositiveInt = 1, *, max_bytes: PositiveInt = LARGEST_EXPORT
) -> ExportedTextToText | ExportedSequenceToText:
    """Load an exported model. Sizes and checksums are checked before anything is read; nothing is executed.

    Args:
        folder: str or Path, which ``TextToText.export`` or ``s2s-lesson export`` made.
        threads: int. Threads that one call may use: in a graph, and as batches that are decoded at a time.
        max_bytes: int. The most that the files may take together.

    Returns:
        ``ExportedTextToText``, or ``ExportedSequenceToText`` where sources are vectors. They have the methods
        ``predict`` and ``sample`` of the pipeline that was exported.

    Raises:
        FileNotFoundError: a file is missing.
        ModuleNotFoundError: a package is missing, ONNX Runtime or what a tokenizer needs; the error names the
            extra.
        ValueError: the folder is no export, or a file is not the one that was exported.
    """
    folder = Path(folder)
    manifest = read_manifest(folder, max_bytes)
    source_vocab, target_vocab, options = read_description(folder)
    for side in ("source_tokens", "target_tokens"):
        _expect_tokenizer(options.get(side))
    sessions = Sessions((folder / ENCODER).read_bytes(), (folder / STEP).read_bytes(), threads)
    if source_vocab is None:
        return ExportedSequenceToText(sessions, manifest, target_vocab, **options)
    return ExportedTextToText(sessions, manifest, source_vocab, target_vocab, **options)


def _expect_tokenizer(tokens: object) -> None:
    """Make sure, now and not at the first text, of what a tokenizer imports."""
    package = PACKAGES.get(tokens) if isinstance(tokens, str) else None
    if package and importlib.util.find_spec(package) is None:
        with _extras.named():
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
