"""What ``s2s_lesson.engine`` does on PyTorch."""

import torch
from keras import ops

WORKS_WHEN_FORKED = True
BATCHES_AT_ONCE = 1
COMPILES_EACH_SHAPE = False
JIT_COMPILE = False


def compile_function(function, layer, batches):
    return torch.no_grad()(function)


def compile_training(function, step, model):
    return function


def known(values):
    if torch.compiler.is_compiling() or not isinstance(values, torch.Tensor) or values.is_meta:
        return None
    return ops.convert_to_numpy(values)


def take_rows(values, rows):
    return ops.take(values, rows.astype("int32"), axis=0)


def top_k(values, count):
    # torch.topk leaves the order of equal values open.
    ordered, indices = torch.sort(values, dim=-1, descending=True, stable=True)
    return ordered[:, :count], indices[:, :count]


def lstm_loop():
    return None


def sum_over_replicas(total):
    return total


def ask_for_determinism():
    pass


def random_states():
    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_random_states(states):
    for index, state in enumerate(map(torch.from_numpy, states)):
        if index == 0:
            torch.set_rng_state(state)
        elif index <= torch.cuda.device_count():
            torch.cuda.set_rng_state(state, index - 1)
