"""A writer without an engine: it writes what it reads, and attends to what it writes. All is NumPy."""

import numpy as np

from s2s_lesson.data import TextSides, Vocabulary


class Copier(TextSides):
    """Texts of the letters a, b and c; the next letter, or the end, has a logit of 5, all others 0."""

    batches_at_once = 2
    shared_leaves = ("source_ids",)

    def __init__(self, **options):
        vocab, tokens = Vocabulary("abc"), "characters"
        super().__init__(vocab, vocab, source_tokens=tokens, target_tokens=tokens, **options)
        self.rows = []  # of each step: those of the source, and those of the place

    def start(self, inputs):
        ids = inputs["source_ids"]
        place, weights = np.zeros(len(ids), int), np.zeros(ids.shape, "float32")
        return {"source_ids": ids, "place": place, "attention_weights": weights}

    def step(self, token_ids, state):
        ids, width = state["source_ids"], state["source_ids"].shape[1]
        self.rows.append((len(ids), len(token_ids)))
        ids = np.repeat(ids, len(token_ids) // len(ids), axis=0)
        place = np.minimum(state["place"], width - 1)
        weights = np.eye(width, dtype="float32")[place]
        logits = 5.0 * np.eye(len(self.target_vocab))[ids[np.arange(len(ids)), place]]
        return logits, {**state, "place": place + 1, "attention_weights": weights}
