"""Go through time one step after the other, where each step needs the one before it."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import activations, layers, ops, tree

from s2s_lesson import engine
from s2s_lesson.engine import Tensor
from s2s_lesson.layers.config import Seq2SeqConfig


@keras.saving.register_keras_serializable(package="s2s_lesson")
class LSTM(layers.LSTM):
    """Keras's LSTM, which trains faster on TensorFlow without a GPU. Padding must be on the right.

    What it gives out at padding means nothing. Every row needs a real token. Weights and all else are as in
    ``keras.layers.LSTM``, whose own loop runs on the other engines, and where an option asks for more than
    the faster one does: other activations, no bias, dropout in training, ``zero_output_for_mask``,
    ``unroll``, ``use_cudnn=True``.

    >>> from keras import ops
    >>> from s2s_lesson.layers import LSTM
    >>> mask = ops.array([[True, True, True], [True, False, False]])
    >>> layer = LSTM(4, return_sequences=True, return_state=True)
    >>> outputs, hidden, cell = layer(ops.ones((2, 3, 5)), mask=mask)
    >>> tuple(outputs.shape), tuple(hidden.shape)
    ((2, 3, 4), (2, 4))
    """

    def inner_loop(
        self, sequences: Tensor, initial_state: Sequence[Tensor], mask: Tensor | None, training: bool = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Run over time: what ``keras.layers.RNN.call`` asks for.

        Args:
            sequences: float (batch, time, width).
            initial_state: list of two float (batch, units).
            mask: bool (batch, time); True = real token. None reads all.
            training: bool.

        Returns:
            last_output: float (batch, units).
            outputs: float (batch, time, units), in the order in which they were made.
            states: list of two float (batch, units), after each row's last token, or its first one where
                the layer goes backwards.

        Raises:
            tensorflow.errors.InvalidArgumentError: in the faster loop, padding is not on the right, or a row
                has no real token.
        """
        loop = engine.lstm_loop()
        if loop is None or not self._is_plain(training):
            return super().inner_loop(sequences, initial_state, mask, training)
        lengths = None if mask is None else loop.lengths(mask)
        if self.go_backwards:
            sequences = loop.reverse_sequences(sequences, lengths)
        width, units = sequences.shape[-1], self.units
        by_time = ops.swapaxes(sequences, 0, 1)
        projected = ops.matmul(ops.reshape(by_time, (-1, width)), self.cell.kernel) + self.cell.bias
        projected = ops.reshape(projected, (*ops.shape(by_time)[:2], 4 * units))
        hidden, carry = loop.lstm_loop(projected, *initial_state, self.cell.recurrent_kernel)
        if lengths is None:
            states = [hidden[-1], carry[-1]]
        else:
            states = [loop.take_last(every, lengths) for every in (hidden, carry)]
        outputs = ops.swapaxes(hidden, 0, 1)
        if self.go_backwards and lengths is not None:  # Keras makes those at padding first
            outputs = ops.flip(loop.reverse_sequences(outputs, lengths), axis=1)
        return states[0], outputs, states

    def _is_plain(self, training):
        """Whether every option that the faster loop knows nothing of is at its default."""
        return (
            self.activation is activations.tanh
            and self.recurrent_activation is activations.sigmoid
            and self.use_bias
            and not (training and (self.dropout or self.recurrent_dropout))
            and not (self.zero_output_for_mask or self.unroll)
            and self.use_cudnn is not True
        )


RECURRENT_LAYERS = {"lstm": LSTM, "gru": layers.GRU}


def recurrent_layer(config: Seq2SeqConfig, units: int) -> layers.RNN:
    """A recurrent layer that returns every output, and its states.

    Args:
        config: ``Seq2SeqConfig``: ``cell``, ``recurrent_dropout``.
        units: int.
    """
    return RECURRENT_LAYERS[config.cell](
        units, return_sequences=True, return_state=True, recurrent_dropout=config.recurrent_dropout
    )


def join_directions(states: Sequence[Tensor], directions: int) -> list[Tensor]:
    """Put the states of both directions side by side.

    Args:
        states: list of float (batch, units): forward hidden and cell state, then backward ones.
        directions: 1 or 2.

    Returns:
        list of float (batch, directions * units): [hidden_state, cell_state], or [hidden_state] of a GRU.
    """
    if directions == 1:
        return list(states)
    count = len(states) // 2
    return [ops.concatenate(pair, axis=-1) for pair in zip(states[:count], states[count:], strict=True)]


def over_time(step: Callable[[Any, Any], Any], state: Any, inputs: Any) -> Any:
    """Apply a step to every time step, and keep the state after each of them.

    The step must draw no random numbers: JAX draws them once for all steps. Draw them before, and pass
    them as inputs.

    Args:
        step: ``step(state, inputs) -> state``, for the inputs of one time step, without a time axis.
        state: nested structure of tensors, batch axis first; before the first step.
        inputs: nested structure of float tensors (batch, time, ...), all of one dtype and of known sizes
            after the first two.

    Returns:
        The states after each step: the structure of ``state``, each leaf with a time axis after the batch
        axis. The last one of them is where the next call goes on.
    """
    leaves = [ops.convert_to_tensor(leaf) for leaf in tree.flatten(inputs)]
    shapes = [tuple(leaf.shape[2:]) for leaf in leaves]
    widths = [math.prod(shape) for shape in shapes]
    ends = list(itertools.accumulate(widths))
    # One tensor for all: on TensorFlow, Keras's scan takes several only where it knows how long they are.
    flat = [
        ops.reshape(leaf, (*ops.shape(leaf)[:2], width)) for leaf, width in zip(leaves, widths, strict=True)
    ]
    joined = ops.concatenate(flat, axis=-1)  # (batch, time, sum of the widths)

    def advance(state, joined):
        parts = [
            ops.reshape(joined[:, end - width : end], (-1, *shape))
            for shape, width, end in zip(shapes, widths, ends, strict=True)
        ]
        state = step(state, tree.pack_sequence_as(inputs, parts))
        return state, state  # what is stacked must look like what is carried on

    _, states = ops.scan(advance, state, ops.swapaxes(joined, 0, 1))
    return tree.map_structure(lambda stacked: ops.swapaxes(stacked, 0, 1), states)
