"""An LSTM over time on TensorFlow's CPU, faster in training than Keras's own loop."""

import tensorflow as tf
from keras import ops

from s2s_lesson.engine import Tensor


def lstm_loop(
    projected: Tensor, hidden_state: Tensor, cell_state: Tensor, kernel: Tensor
) -> tuple[Tensor, Tensor]:
    """Run an LSTM over time with gradients of our own.

    TensorFlow's gradient of a loop keeps all that every step computes, and adds the gradient of the
    kernel up step by step. This one keeps three tensors, and makes that gradient in one product at the end.

    Args:
        projected: float (time, batch, 4 units). Inputs times input kernel plus bias; gates in Keras's order.
        hidden_state: float (batch, units), before the first step.
        cell_state: float (batch, units).
        kernel: float (units, 4 units), of the hidden state.

    Returns:
        hidden_states: float (time, batch, units).
        cell_states: float (time, batch, units).

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    @tf.custom_gradient
    def run(projected, hidden, cell, kernel):
        steps, units = tf.shape(projected)[0], kernel.shape[0]

        def over(*tensors):
            return [tf.TensorArray(tensor.dtype, steps).unstack(tensor) for tensor in tensors]

        def empty():
            return tf.TensorArray(projected.dtype, steps, element_shape=(None, None))

        def stacked(array, width):
            return tf.ensure_shape(array.stack(), (None, None, width))

        (inputs,) = over(projected)

        def forwards(step, hidden, cell, *arrays):
            gates = inputs.read(step) + tf.matmul(hidden, kernel)
            enter, forget, new, leave = tf.split(gates, 4, axis=1)
            cell = tf.sigmoid(forget) * cell + tf.sigmoid(enter) * tf.tanh(new)
            hidden = tf.sigmoid(leave) * tf.tanh(cell)
            written = [
                array.write(step, made) for array, made in zip(arrays, (hidden, cell, gates), strict=True)
            ]
            return step + 1, hidden, cell, *written

        loop = (0, hidden, cell, empty(), empty(), empty())
        *_, hiddens, cells, gates = tf.while_loop(lambda step, *_: step < steps, forwards, loop)
        hiddens, cells, gates = stacked(hiddens, units), stacked(cells, units), stacked(gates, 4 * units)

        def gradient(of_hiddens, of_cells):
            enter, forget, new, leave = tf.split(gates, 4, axis=2)
            enter, forget, leave = tf.sigmoid(enter), tf.sigmoid(forget), tf.sigmoid(leave)
            new, shown = tf.tanh(new), tf.tanh(cells)
            earlier = tf.concat([cell[None], cells[:-1]], axis=0)
            slopes = tf.concat(  # of the cell state by the first three gates, of the hidden one by the last
                [
                    new * enter * (1 - enter),
                    earlier * forget * (1 - forget),
                    enter * (1 - new * new),
                    shown * leave * (1 - leave),
                ],
                axis=2,
            )
            arrays = over(of_hiddens, of_cells, slopes, leave * (1 - shown * shown), forget)
            turned = tf.transpose(kernel)

            def backwards(step, of_hidden, of_cell, of_gates):
                from_hiddens, from_cells, slope, passed, kept = [array.read(step) for array in arrays]
                of_hidden = of_hidden + from_hiddens
                of_cell = of_cell + from_cells + of_hidden * passed
                here = tf.concat([of_cell, of_cell, of_cell, of_hidden], axis=1) * slope
                return step - 1, tf.matmul(here, turned), of_cell * kept, of_gates.write(step, here)

            loop = (steps - 1, tf.zeros_like(hidden), tf.zeros_like(cell), empty())
            _, of_hidden, of_cell, of_gates = tf.while_loop(lambda step, *_: step >= 0, backwards, loop)
            of_gates = stacked(of_gates, 4 * units)
            fed = tf.concat([hidden[None], hiddens[:-1]], axis=0)
            of_kernel = tf.matmul(
                tf.reshape(fed, (-1, units)), tf.reshape(of_gates, (-1, 4 * units)), transpose_a=True
            )
            return of_gates, of_hidden, of_cell, of_kernel

        return (hiddens, cells), gradient

    kernel = tf.convert_to_tensor(ops.convert_to_tensor(kernel))  # a tensor, of the dtype that is computed in
    return run(projected, hidden_state, cell_state, kernel)


def lengths(mask: Tensor) -> Tensor:
    """Count the real tokens of each row: bool (batch, time) -> int32 (batch,).

    Raises:
        tensorflow.errors.InvalidArgumentError: padding is not on the right, or a row has no real token.
    """
    mask = tf.cast(mask, "bool")
    counts = tf.reduce_sum(tf.cast(mask, "int32"), axis=1)
    right = tf.sequence_mask(tf.maximum(counts, 1), tf.shape(mask)[1])
    message = (
        "Expected padding on the right, and a real token in each row; received another mask. Pad with "
        "s2s_lesson.data.pad, and leave empty rows out."
    )
    with tf.control_dependencies([tf.debugging.assert_equal(mask, right, message)]):
        return tf.identity(counts)


def reverse_sequences(sequences: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Turn the real tokens of each row round: (batch, time, ...) and int (batch,) or None."""
    if lengths is None:
        return tf.reverse(sequences, axis=[1])
    return tf.reverse_sequence(sequences, lengths, seq_axis=1, batch_axis=0)


def take_last(values: Tensor, lengths: Tensor) -> Tensor:
    """Take each row's value at its last token: (time, batch, ...) and int (batch,)."""
    return tf.gather_nd(values, tf.stack([lengths - 1, tf.range(tf.size(lengths))], axis=1))
