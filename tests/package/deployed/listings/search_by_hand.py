import sys

import numpy as np

from s2s_lesson import deployed
from s2s_lesson.search import Constraints, beam_search, greedy_search, sample

folder, text = sys.argv[1:]
model = deployed.load(folder)
vocab = model.target_vocab
ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "pad_id": vocab.pad_id, "max_output_length": 50}


def read():
    """The state before the first step: keys and values of the source, projected once."""
    return model.start(model.source_inputs([model.source_side(text)]))


logits, state = model.step(np.array([vocab.bos_id], "int32"), read())
print("one step:", logits.shape, "attention:", state["attention_weights"].shape)
words = Constraints(min_output_length=3, forbidden=[vocab.unk_id])
for result in (
    greedy_search(model.step, read(), **ends),
    beam_search(model.step, read(), **ends, beam_size=5, length_penalty=0.6),
    beam_search(model.step, read(), **ends, beam_size=5, constraints=words),
    sample(model.step, read(), **ends, n_samples=1, temperature=0.8, seed=1),
):
    print(vocab.decode(result.sequences[0, 0]))
