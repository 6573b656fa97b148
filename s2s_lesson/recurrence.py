"""Go through time one step after the other, where each step needs the one before it."""

from keras import ops, tree


def over_time(step, state, inputs):
    """Apply a step to every time step, and keep the state after each of them.

    The step must draw no random numbers: JAX draws them once for all steps. Draw them before, and pass
    them as inputs.

    Args:
        step: ``step(state, inputs) -> state``, for the inputs of one time step, without a time axis.
        state: nested structure of tensors, batch axis first; before the first step.
        inputs: nested structure of tensors (batch, time, ...).

    Returns:
        The states after each step: the structure of ``state``, each leaf with a time axis after the batch
        axis. The last one of them is where the next call goes on.
    """

    def advance(state, inputs):
        state = step(state, inputs)
        return state, state  # what is stacked must look like what is carried on

    _, states = ops.scan(advance, state, tree.map_structure(_swap, inputs))
    return tree.map_structure(_swap, states)


def _swap(tensor):
    """Swap the axes of batch and time."""
    return ops.swapaxes(tensor, 0, 1)
