"""What models of tokens share: Keras's own functions, with one graph for batches of all shapes."""

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import Seq2Seq, Seq2SeqConfig
from s2s_lesson.training import compile_model

SHAPES = ((2, 3, 5), (2, 7, 5), (2, 7, 11), (13, 7, 11))  # rows, source and target length

SMALLEST = {"cell": "gru", "bidirectional": False, "attention": "none"}
SLOW = pytest.mark.slow(
    guard="tests/package/models/test_token_model.py::test_training_and_testing_make_one_graph_each"
)


def batch(rows, source_length, target_length):
    ids = np.full((rows, target_length), 4)
    return {"source_ids": np.full((rows, source_length), 4), "decoder_inputs": ids}, ids


class Counting(Seq2Seq):
    """It counts how often its Python code runs."""

    calls = 0

    def call(self, inputs, training=False):
        self.calls += 1
        return super().call(inputs, training)


def counting(**options):
    model = Counting(Seq2SeqConfig(5, 7, embedding_dim=2, encoder_units=3, decoder_units=5, **options))
    compile_model(model)
    model.calls = 0
    return model


@pytest.mark.parametrize("options", [SMALLEST, pytest.param({}, marks=SLOW)], ids=["smallest", "defaults"])
def test_training_and_testing_make_one_graph_each(options):
    model = counting(**options)
    if options:  # else TensorFlow runs its Python code twice, for variables that come as it trains
        model.optimizer.build(model.trainable_variables)
    for learn in (model.train_on_batch, model.test_on_batch):
        losses = [learn(*batch(*SHAPES[0]), return_dict=True)["loss"]]
        model.calls = 0
        losses += [learn(*batch(*shape), return_dict=True)["loss"] for shape in SHAPES]
        assert model.calls <= {"tensorflow": 0}.get(keras.backend.backend(), len(SHAPES))
        assert np.isfinite(losses).all()


def test_where_nothing_is_compiled_this_is_not_either():
    model = counting(**SMALLEST)
    with uncompiled():
        model.train_on_batch(*batch(*SHAPES[0]))
        model.calls = 0
        model.train_on_batch(*batch(*SHAPES[0]))
    assert model.calls == (0 if keras.backend.backend() == "jax" else 1)
