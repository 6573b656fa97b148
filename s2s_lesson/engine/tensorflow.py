"""What ``s2s_lesson.engine`` does on TensorFlow."""

import tensorflow as tf
from keras import ops, tree

WORKS_WHEN_FORKED = False
BATCHES_AT_ONCE = 2
COMPILES_EACH_SHAPE = False
JIT_COMPILE = False


def compile_function(function, layer, batches):
    if not batches:
        return tf.function(function, reduce_retracing=True, jit_compile=False)
    compiled = tf.function(lambda *arguments: function(*arguments), jit_compile=False, autograph=False)
    graphs = {}  # by the types of the arguments

    def run(*arguments):
        arguments = tree.map_structure(_tensor, arguments)
        if tf.config.functions_run_eagerly():
            return function(*arguments)
        types = tree.map_structure(_type, arguments)
        key = str(types)
        if key not in graphs:
            graphs[key] = compiled.get_concrete_function(*types)
        return graphs[key](*arguments)

    return run


def _tensor(leaf):
    return None if leaf is None else tf.convert_to_tensor(leaf)


def _type(leaf):
    """The type of a tensor with any number of rows and any length."""
    return None if leaf is None else tf.TensorSpec([None, None][: leaf.ndim] + leaf.shape[2:], leaf.dtype)


def compile_training(function, step, model):
    replicas = model.distribute_strategy.num_replicas_in_sync
    if model.run_eagerly or model.jit_compile or model.steps_per_execution > 1 or replicas > 1:
        return function
    compiled = compile_function(step, model, batches=True)

    def of_batches(iterator):
        if isinstance(iterator, (tf.data.Iterator, tf.distribute.DistributedIterator)):
            return function(iterator)
        return compiled(next(iterator))

    return of_batches


def known(values):
    return values.numpy() if hasattr(values, "numpy") else None  # which tensors of a graph have not


def take_rows(values, rows):
    return tf.gather(values, rows)  # with less to do than ops.take, which allows negative rows


def top_k(values, count):
    return ops.top_k(values, count)


def lstm_loop():
    if tf.config.list_physical_devices("GPU"):
        return None
    from s2s_lesson.engine import tensorflow_lstm

    return tensorflow_lstm


def sum_over_replicas(total):
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return total
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, total)


def ask_for_determinism():
    tf.config.experimental.enable_op_determinism()


def random_states():
    return []


def set_random_states(states):
    pass
