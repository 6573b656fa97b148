"""ToText: a model that writes text, with all that it needs, and what is done with it, whatever it reads."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from s2s_lesson import engine
from s2s_lesson.data.description import described, description_files, read_description
from s2s_lesson.data.expected import checked
from s2s_lesson.data.sides import Source
from s2s_lesson.data.whole_files import enclosed, readable
from s2s_lesson.deployed import writing
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.models.stored import REMEDY, read_model, read_stored, write_model, write_stored
from s2s_lesson.pipeline import fitting, predicting
from s2s_lesson.pipeline.export import onnx_folder, saved_model
from s2s_lesson.pipeline.sides import PairedSides
from s2s_lesson.training import loop
from s2s_lesson.training.batches import PairBatches
from s2s_lesson.training.losses import sequence_log_prob
from s2s_lesson.training.run_folder import BEST_MODEL, SMALL_MODEL, model_file, writable_folder

Weights: TypeAlias = Literal["float32", "float16"]
Pipeline = TypeVar("Pipeline", bound="ToText")


class ToText(PairedSides[Source]):
    """What ``TextToText`` and ``SequenceToText`` share: a model with its sides.

    >>> from s2s_lesson.pipeline import TextToText
    >>> issubclass(TextToText, ToText)
    True
    """

    reads_vectors = False
    model: Seq2Seq

    fit = fitting.fit
    predict = writing.predict
    sample = writing.sample
    log_probabilities = predicting.log_probabilities
    export = onnx_folder.export
    export_saved_model = saved_model.export_saved_model

    def start(self, inputs: dict[str, np.ndarray]) -> engine.State:
        """Encode a padded batch of sources: the state that decoding begins with."""
        return self.encode(inputs)

    @property
    def step(self) -> Callable:
        """What a search goes on with: a method of the model, which it compiles."""
        return self.model.step

    @property
    def batches_at_once(self) -> int:
        """As ``engine.batches_at_once``."""
        return engine.batches_at_once()

    def teacher_forced_scores(self, batches: PairBatches) -> dict[str, float]:
        """As ``training.teacher_forced_scores``, of a model that need not be compiled yet."""
        if not self.model.compiled:
            loop.compile_model(self.model)
        return loop.teacher_forced_scores(self.model, batches)

    @checked
    def save(self, folder: str | Path, weights: Weights = "float32") -> None:
        """Write the pipeline to a folder, as one file: model, vocabularies and options.

        Who reads it meanwhile finds what was there before, or the new one. A run that is in the folder does
        not go on from it.

        Args:
            folder: str or Path.
            weights: "float32", as they are, or "float16", rounded, in half the room.

        Raises:
            OSError: the folder cannot be written to.
            ValueError: a weight is too large for 16 bits.
        """
        folder = writable_folder(folder)
        files = description_files(*self.description())
        if weights == "float16":
            write_stored(self.model, folder / SMALL_MODEL, files)
            (folder / BEST_MODEL).unlink(missing_ok=True)
        else:
            write_model(self.model, folder / BEST_MODEL, files)
            (folder / SMALL_MODEL).unlink(missing_ok=True)

    def __reduce__(self):
        """Be pickled, and copied, as the file that ``save`` writes."""
        with TemporaryDirectory() as folder:
            self.save(folder)
            return _from_bytes, (type(self), (Path(folder) / BEST_MODEL).read_bytes())

    @classmethod
    def load(cls: type[Pipeline], folder: str | Path) -> Pipeline:
        """Read a pipeline that ``save`` or ``fit`` wrote.

        Args:
            folder: str or Path.

        Returns:
            The pipeline.

        Raises:
            FileNotFoundError: the folder holds no pipeline, or no model yet.
            ValueError: the file is damaged, of another format, or of a pipeline of another kind.
        """
        path = model_file(folder)
        files = enclosed(path)
        source_vocab, target_vocab, options = described(files, path) if files else read_description(folder)
        if cls.reads_vectors != (source_vocab is None):
            kind, other = (
                ("SequenceToText", "TextToText") if cls.reads_vectors else ("TextToText", "SequenceToText")
            )
            raise ValueError(
                f"Expected the folder of a {kind}; {folder} is that of a {other}. Use {other}.load."
            )
        model = read_stored(path) if path.name == SMALL_MODEL else read_model(path)
        with readable(path, "a pipeline", REMEDY):
            return cls._of(model, source_vocab, target_vocab, options)

    @classmethod
    def _of(cls, model, source_vocab, target_vocab, options):
        """The pipeline of a model and its description."""
        return cls(model, *([] if source_vocab is None else [source_vocab]), target_vocab, **options)

    def _hold(self, model):
        """Keep the model, and compile what is asked of it."""
        self.model = model
        self.encode = engine.compile_function(model.encode_inputs, model, batches=True)
        self.score = engine.compile_function(
            lambda inputs, targets: sequence_log_prob(targets, model(inputs)), model, batches=True
        )


def _from_bytes(kind: type[Pipeline], content: bytes) -> Pipeline:
    """The pipeline that a model's file of this content holds."""
    with TemporaryDirectory() as folder:
        (Path(folder) / BEST_MODEL).write_bytes(content)
        return kind.load(folder)


def begin_with_frequencies(model: Seq2Seq, target_ids: np.ndarray) -> None:
    """Let an untrained model begin with what can be known without reading: how frequent each target token is.

    The bias of its output layer becomes the logarithm of the frequencies, each token counted once more.

    Args:
        model: ``Seq2Seq``.
        target_ids: int (tokens,). The ids of all targets, one after the other.
    """
    counts = np.bincount(target_ids, minlength=model.config.target_vocab_size) + 1
    model.decoder.output_layer.bias.assign(np.log(counts / counts.sum()))
