"""Go through time one step after the other, where each step needs the one before it."""

import itertools
import math

import keras
from keras import layers, ops, tree

from s2s_lesson import engine


@keras.saving.register_keras_serializable(package="s2s_lesson")
class LSTM(layers.LSTM):
    """Keras's LSTM, which trains faster on TensorFlow without a GPU. Padding must be on the right.

    What it gives out at padding means nothing. Every row needs a real token. Weights and all else are as in
    ``keras.layers.LSTM``, whose own loop runs on the other engines, and where there is recurrent dropout.
    """

    def inner_loop(self, sequences, initial_state, mask, training=False):
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
        """
        if (training and self.recurrent_dropout) or not engine.has_lstm_loop():
            return super().inner_loop(sequences, initial_state, mask, training)
        lengths = None if mask is None else ops.sum(ops.cast(mask, "int32"), axis=1)
        if self.go_backwards:
            sequences = engine.reverse_sequences(sequences, lengths)
        width, units = sequences.shape[-1], self.units
        by_time = ops.swapaxes(sequences, 0, 1)
        projected = ops.matmul(ops.reshape(by_time, (-1, width)), self.cell.kernel) + self.cell.bias
        projected = ops.reshape(projected, (*ops.shape(by_time)[:2], 4 * units))
        hidden, carry = engine.lstm_loop(projected, *initial_state, self.cell.recurrent_kernel)
        if lengths is None:
            states = [hidden[-1], carry[-1]]
        else:
            states = [engine.take_last(every, lengths) for every in (hidden, carry)]
        outputs = ops.swapaxes(hidden, 0, 1)
        if self.go_backwards and lengths is not None:  # Keras makes those at padding first
            outputs = ops.flip(engine.reverse_sequences(outputs, lengths), axis=1)
        return states[0], outputs, states


def over_time(step, state, inputs):
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
