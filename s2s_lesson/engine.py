"""The one place that knows TensorFlow, JAX and PyTorch apart."""

import keras
from keras import ops, tree


def compile_function(function, layer=None):
    """Compile a function of tensors for the engine in use, once per shape of its arguments.

    Args:
        function: takes and returns tensors, or nested structures of them, and has no side effects.
        layer: ``keras.Layer`` whose weights the function reads, as they are at each call. None for a function
            that reads none; on JAX, weights that it reads all the same stay as they are at the first call.

    Returns:
        A callable with the same signature: a ``tf.function`` on TensorFlow, a ``jax.jit`` on JAX, and on
        PyTorch the function itself, run without gradients.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, reduce_retracing=True, jit_compile=False)
    if backend == "jax":
        import jax

        if layer is None:
            return jax.jit(function)

        @jax.jit
        def with_weights(values, *arguments):
            with keras.StatelessScope(state_mapping=zip(layer.variables, values, strict=True)):
                return function(*arguments)

        return lambda *arguments: with_weights([v.value for v in layer.variables], *arguments)
    if backend == "torch":
        import torch

        return torch.no_grad()(function)
    raise ValueError(
        f"Expected the Keras backend to be tensorflow, jax or torch; received {backend!r}. "
        "Set the environment variable KERAS_BACKEND to one of these before you start Python."
    )


def compile_step(step, layer=None):
    """Compile a step function. What it hands on of the state comes back as the same object.

    A search need not rearrange such leaves, the encoder's keys and values for example.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``, whose state keeps its structure.
        layer: as in ``compile_function``.

    Returns:
        A callable with the same signature. It raises a ``ValueError`` where the structure changes.
    """
    handed_on = []  # one bool a leaf, written while the engine traces

    def changes(token_ids, state):
        logits, new_state = step(token_ids, state)
        try:
            tree.assert_same_structure(state, new_state)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "Expected step to return a state of the structure that it received; received another one: "
                f"{error}. Keep the structure, or pass compile_step=False."
            ) from error
        leaves = list(zip(tree.flatten(new_state), tree.flatten(state), strict=True))
        handed_on[:] = [new is old for new, old in leaves]
        return logits, [new for new, old in leaves if new is not old]

    compiled = compile_function(changes, layer)

    def run(token_ids, state):
        logits, changed = compiled(token_ids, state)
        changed = iter(changed)
        leaves = [
            leaf if same else next(changed) for leaf, same in zip(tree.flatten(state), handed_on, strict=True)
        ]
        return logits, tree.pack_sequence_as(state, leaves)

    return run


def batches_at_once():
    """How many batches to decode at a time, in threads: while one computes, another keeps its books.

    One on PyTorch, whose threads for one batch get into the way of those for another.
    """
    return 1 if keras.backend.backend() == "torch" else 2


def compiles_each_shape():
    """Whether every new shape costs a compilation, as on JAX."""
    return keras.backend.backend() == "jax"


def take_rows(values, rows):
    """Gather rows of a tensor: (rows, ...) and int (new_rows,), none negative -> (new_rows, ...)."""
    if keras.backend.backend() == "tensorflow":  # with less to do than ops.take, which allows negative rows
        import tensorflow as tf

        return tf.gather(values, rows)
    return ops.take(values, rows.astype("int32"), axis=0)


def top_k(values, count):
    """Find the greatest values of each row, in order; of equal ones the first comes first.

    Args:
        values: float (rows, width).
        count: int, at most ``width``.

    Returns:
        values: float (rows, count).
        indices: int (rows, count).
    """
    if keras.backend.backend() == "torch":  # its topk leaves the order of equal values open
        import torch

        found, indices = torch.sort(values, dim=-1, descending=True, stable=True)
        return found[:, :count], indices[:, :count]
    if keras.backend.backend() == "jax":  # whose top_k finds 0 greater than -0
        values = ops.where(values == 0, ops.zeros_like(values), values)
    return ops.top_k(values, count)


def jit_compile():
    """Say what ``keras.Model.compile(jit_compile=...)`` should receive for recurrent models.

    XLA makes recurrent training on a CPU slower in TensorFlow and compiles for seconds per shape, and
    ``torch.compile`` does no better. JAX is always compiled.
    """
    return keras.backend.backend() == "jax"


def seed_everything(seed):
    """Seed Python's, NumPy's, the engine's and all later layers' generators: the same seed, the same model.

    On TensorFlow this also asks for deterministic kernels, so that a run can be repeated bit for bit.
    Older versions of Keras, 3.10 among them, do not reset the one generator behind calls such as
    ``keras.random.normal((7,))`` without a seed; nothing in this package uses it.

    Args:
        seed: int, 0 or greater.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def random_states():
    """Read the states of the engine's own generators, beside those that layers keep as variables.

    PyTorch has one for the CPU and one for each GPU, and Keras draws the masks of dropout from them. The
    other engines draw nothing from generators of their own.

    Returns:
        list of NumPy arrays; empty on TensorFlow and JAX.
    """
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_random_states(states):
    """Put the engine's own generators into the states that ``random_states`` read.

    Args:
        states: list of NumPy arrays. Those of GPUs that are not there are left out.
    """
    if keras.backend.backend() != "torch":
        return
    import torch

    for index, state in enumerate(map(torch.from_numpy, states)):
        if index == 0:
            torch.set_rng_state(state)
        elif index <= torch.cuda.device_count():
            torch.cuda.set_rng_state(state, index - 1)
