"""Train on several devices of a CPU, or on one: prints by how much each weight moved, as JSON.

Usage: XLA_FLAGS=--xla_force_host_platform_device_count=COUNT python replicas.py COUNT
"""

import json
import sys

import keras
import numpy as np

from s2s_lesson import Seq2Seq, Seq2SeqConfig, engine
from s2s_lesson.data import pad, shift_right
from s2s_lesson.training import JointTraining, MaskedCrossEntropy, StrategicModel

COUNT = int(sys.argv[1])
SOURCES = pad([[4, 3], [5, 6, 7, 3], [8, 9, 3], [4, 3]])
TARGETS = pad([[5, 6, 7, 8, 9, 4, 3], [9, 4, 5, 4, 3], [3], [6, 3]])  # one replica has more tokens
WEIGHTS = np.array([1, 0.5, 2, 3], "float32")


def strategy():
    import tensorflow as tf

    devices = [tf.config.LogicalDeviceConfiguration()] * COUNT
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
    return tf.distribute.MirroredStrategy([f"CPU:{index}" for index in range(COUNT)])


def trained():
    config = Seq2SeqConfig(
        10, 10, embedding_dim=3, encoder_units=5, decoder_units=7, encoder_output_layer=True
    )
    model = Seq2Seq(config)
    in_training = StrategicModel(model, [JointTraining()])
    in_training.compile(keras.optimizers.SGD(0.1), MaskedCrossEntropy(), jit_compile=engine.jit_compile())
    return model, in_training


engine.seed_everything(0)
if keras.backend.backend() == "tensorflow":
    with strategy().scope():
        model, in_training = trained()
else:
    devices = keras.distribution.list_devices()
    assert len(devices) == COUNT
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    model, in_training = trained()
inputs = {"source_ids": SOURCES, "decoder_inputs": shift_right(TARGETS)}
before = model.get_weights()
in_training.fit(inputs, TARGETS, sample_weight=WEIGHTS, batch_size=4, epochs=2, shuffle=False, verbose=0)
moved = [(new - old).tolist() for new, old in zip(model.get_weights(), before, strict=True)]
print(json.dumps(moved))
