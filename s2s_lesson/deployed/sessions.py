"""Sessions: the two graphs of an exported model, run by ONNX Runtime."""

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from s2s_lesson import _extras
from s2s_lesson.data.expected import PositiveInt, checked

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SENTENCES = "sentences"  # the first axis of what the hypotheses of a sentence share, as graphs name it
AFTER = "_next"  # ends the name of a leaf that a step gives out


class Sessions:
    """Encoder and decoder step of an exported model: what a search needs. Several threads may use it.

    Args:
        encoder: bytes of the graph that reads sources.
        step: bytes of the graph of one decoder step.
        threads: int. Threads that one call may use.

    Attributes:
        threads: int.
        shared_leaves: names of the leaves of the state that ``step`` takes with one row a sentence, whatever
            the number of its hypotheses.

    Raises:
        ModuleNotFoundError: ONNX Runtime is missing; the error names the extra.
        ValueError: ONNX Runtime cannot load a graph, or ``threads`` is below 1.

    >>> Sessions(b"", b"", threads=0)
    Traceback (most recent call last):
    ValueError: Expected threads of at least 1; received 0. Give another value.
    """

    @checked
    def __init__(self, encoder: bytes, step: bytes, threads: PositiveInt = 1):
        self.threads = threads
        self._encoder, self._step = _session(encoder, threads), _session(step, threads)
        self._encoder_inputs = [value.name for value in self._encoder.get_inputs()]
        self._leaves = [value.name for value in self._encoder.get_outputs()]
        inputs = [value for value in self._step.get_inputs() if value.name != "token_ids"]
        self._step_inputs = [value.name for value in inputs]
        self.shared_leaves = tuple(value.name for value in inputs if value.shape[0] == SENTENCES)
        _, *changed = self._step.get_outputs()
        self._changed = [value.name.removesuffix(AFTER) for value in changed]

    def start(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Read sources.

        Args:
            inputs: as ``Sides.source_inputs`` makes them: arrays (sentences, source_length, ...).

        Returns:
            The state before the first step: dict of arrays, the sentences' axis first.
        """
        read = self._encoder.run(None, {name: inputs[name] for name in self._encoder_inputs})
        state = dict(zip(self._leaves, read, strict=True))
        return state | {name: inputs[name] for name in self._step_inputs if name not in state}

    def step(
        self, token_ids: np.ndarray, state: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Decode one token.

        Args:
            token_ids: int32 (rows,). The tokens chosen last; the begin token at first.
            state: from ``start`` or from the step before.

        Returns:
            logits: float32 (rows, vocab_size).
            state: for the next step; ``attention_weights`` are those of this one.
        """
        given = {name: state[name] for name in self._step_inputs}
        logits, *changed = self._step.run(None, {"token_ids": token_ids, **given})
        return logits, {**state, **dict(zip(self._changed, changed, strict=True))}


def _session(graph: bytes, threads: int) -> "InferenceSession":
    """A session of a graph that is all in one file: what it says of other files is not followed."""
    with _extras.named():
        import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4  # errors come as exceptions
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with TemporaryDirectory() as nowhere:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", nowhere)
        try:
            return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of classes that have no common base but this one
            raise ValueError(
                f"Expected a graph that ONNX Runtime can load; it says: {error} Export the model again."
            ) from error
