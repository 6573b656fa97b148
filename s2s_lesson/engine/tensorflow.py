"""What ``s2s_lesson.engine`` does on TensorFlow."""

import tensorflow as tf
from keras import ops

BATCHES_AT_ONCE = 2
COMPILES_EACH_SHAPE = False
JIT_COMPILE = False


def compile_function(function, layer):
    return tf.function(function, reduce_retracing=True, jit_compile=False)


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
