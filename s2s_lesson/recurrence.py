"""Go through time one step after the other, where each step needs the one before it."""

import itertools
import math

from keras import ops, tree


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
