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


def has_lstm_loop():
    """Whether ``lstm_loop`` is what to use: on TensorFlow, where Keras does not leave it all to a GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def lstm_loop(projected, hidden_state, cell_state, kernel):
    """Run an LSTM over time on TensorFlow, with gradients of our own.

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
    import tensorflow as tf

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


def reverse_sequences(sequences, lengths=None):
    """Turn the real tokens of each row round, on TensorFlow: (batch, time, ...) and int (batch,) or None."""
    import tensorflow as tf

    if lengths is None:
        return tf.reverse(sequences, axis=[1])
    return tf.reverse_sequence(sequences, lengths, seq_axis=1, batch_axis=0)


def take_last(values, lengths):
    """Take each row's value at its last token, on TensorFlow: (time, batch, ...) and int (batch,)."""
    import tensorflow as tf

    return tf.gather_nd(values, tf.stack([lengths - 1, tf.range(tf.size(lengths))], axis=1))


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
