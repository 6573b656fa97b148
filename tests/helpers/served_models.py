"""A small model to serve: a recurrent network of drawn weights with attention, in plain NumPy.

It reads and writes as an exported model does; batches are padded, and all rows are multiplied at once.
"""

import threading
import time

import numpy as np
from reference import softmax

from s2s_lesson.data import TextSides, Vocabulary
from s2s_lesson.deployed import writing
from s2s_lesson.deployed.manifest import Manifest

UNITS = 11


class SmallModel(TextSides):
    """Reads and writes characters.

    Args:
        seconds: float. Each call takes so much longer, as a large model would.

    Attributes:
        calls: list of the numbers of texts that were decoded at once, a call each.
        go_on: ``threading.Event``. While it is cleared, calls wait.
    """

    batches_at_once = 1

    def __init__(self, seconds=0.0):
        characters = {"source_tokens": "characters", "target_tokens": "characters"}
        lengths = {"max_source_length": 23, "max_output_length": 13}
        super().__init__(Vocabulary("abcdefgh "), Vocabulary("abcdefg "), **characters, **lengths)
        about = {"name": "small <model>", "licence": "CC0-1.0", "attribution": "Nobody"}
        self.manifest = Manifest({}, "float32", {}, {}, {}, **about)
        self.seconds, self.calls, self.go_on = seconds, [], threading.Event()
        self.go_on.set()
        draw = np.random.default_rng(7).normal
        self.embeddings = draw(0, 1, (len(self.source_vocab), UNITS))
        self.outputs = draw(0, 1, (len(self.target_vocab), UNITS))
        self.recurrent, self.reading = draw(0, 0.5, (UNITS, UNITS)), draw(0, 0.5, (UNITS, UNITS))

    def predict(self, texts, *arguments, **options):
        self.calls.append(len(texts))
        self.go_on.wait(30)
        time.sleep(self.seconds)
        return writing.predict(self, texts, *arguments, **options)

    def sample(self, texts, *arguments, **options):
        self.calls.append(len(texts))
        return writing.sample(self, texts, *arguments, **options)

    def start(self, inputs):
        """A state of rows: float and bool arrays (rows, source_length, ...)."""
        ids = inputs["source_ids"]
        keys_mask, keys = ids != self.source_vocab.pad_id, np.tanh(self.embeddings[ids])
        hidden, weights = (keys * keys_mask[..., None]).sum(axis=1), np.zeros(ids.shape, "float32")
        return {"keys": keys, "keys_mask": keys_mask, "hidden": hidden, "attention_weights": weights}

    def step(self, token_ids, state):
        """Attend to what was read, then go on."""
        scores = np.einsum("ru,rsu->rs", state["hidden"] @ self.reading, state["keys"])
        weights = softmax(np.where(state["keys_mask"], scores, -np.inf))
        context = np.einsum("rs,rsu->ru", weights, state["keys"])
        hidden = np.tanh(state["hidden"] @ self.recurrent + self.outputs[token_ids] + context)
        state = {**state, "hidden": hidden, "attention_weights": weights.astype("float32")}
        return hidden @ self.outputs.T, state
