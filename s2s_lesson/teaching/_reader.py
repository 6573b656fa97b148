"""A text as a model has read it, and what searches make of it: what a view shows at first."""

from collections import Counter

import numpy as np

from s2s_lesson.data.text import detokenize
from s2s_lesson.search import Constraints, beam_search, greedy_search, sample
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching._exact import LogProbs


class Reader:
    """What a model has read.

    Args:
        pipeline: ``TextToText``.
        text: str.

    >>> from s2s_lesson import pretrained
    >>> reader = Reader(pretrained("pronunciations"), "cat")
    >>> reader.beam(2, 1)["outputs"][0]["text"]
    'K AE T'
    """

    def __init__(self, pipeline, text):
        side = pipeline.source_side(text)
        if not side:
            raise ValueError(
                f"Expected a text that the model can read; received {text!r}."
                " Give a shorter text, of the model's tokens."
            )
        self.vocab, self.target_tokens = pipeline.target_vocab, pipeline.target_tokens
        self.step = pipeline.step
        self.unknown = [token for token in side if token not in pipeline.source_vocab]
        self.state = pipeline.start(pipeline.source_inputs([side]))
        never = {self.vocab.bos_id, self.vocab.pad_id, self.vocab.unk_id}
        self.possible = [index for index in range(len(self.vocab)) if index not in never]
        self.log_probs = LogProbs(self.step, self.possible)
        ids = {"bos_id": self.vocab.bos_id, "eos_id": self.vocab.eos_id}
        self.ends = {**ids, "max_output_length": pipeline.max_output_length}
        constraints = Constraints(forbidden=[[self.vocab.unk_id]])
        self.options = {**self.ends, "pad_id": self.vocab.pad_id, "constraints": constraints}

    def beam(self, beam_size, n_best):
        """Outputs, steps and nodes of a beam search."""
        options = {"beam_size": beam_size, "n_best": n_best, "return_tree": True}
        result = beam_search(self.step, self.state, **options, **self.options)
        nodes = result.tree.nodes(0)
        steps = len({node.parent for node in nodes})  # each hypothesis that was gone on from
        return {"outputs": self.outputs(result), "steps": steps, "nodes": nodes}

    def outputs(self, result):
        """The outputs that a search found, best first, or in the order drawn."""
        ranks = np.flatnonzero(result.lengths[0])
        ids = [result.sequences[0, rank, : result.lengths[0, rank]].tolist() for rank in ranks]
        numbers = zip(ids, result.log_probabilities[0, ranks], result.scores[0, ranks], strict=True)
        return [self.told(*one) for one in numbers]

    def told(self, ids, log_probability, score):
        """An output as the page shows it."""
        tokens = [self.vocab.tokens[index] for index in ids]
        return {
            "ids": ids,
            "tokens": [fonts.visible(token) for token in tokens],
            "text": detokenize(self.vocab.decode(ids), self.target_tokens),
            "log_probability": rounded(log_probability),
            "score": rounded(score),
        }

    def node(self, node):
        """A ``BeamNode`` as the page shows it."""
        names = ("token_log_probability", "log_probability", "score")
        numbers = {name: rounded(getattr(node, name)) for name in names}
        token = fonts.visible(self.vocab.tokens[node.token])
        return {**node._asdict(), "id": node.token, "token": token, **numbers}

    def next_tokens(self):
        """The steps of the greedy output: what was written before, and what may come next."""
        ids = self.outputs(greedy_search(self.step, self.state, **self.options))[0]["ids"]
        steps, state, last = [], self.state, self.vocab.bos_id
        for place, index in enumerate(ids):
            log_probs, state = self.log_probs(last, state)
            possible = log_probs[self.possible]
            probabilities = np.exp(possible) / np.exp(possible).sum()
            entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-30))).sum()
            written = [fonts.visible(self.vocab.tokens[one]) for one in ids[:place]]
            steps.append(
                {"written": written, "log_probs": list(map(rounded, possible)), "entropy": rounded(entropy)}
            )
            last = index
        return steps

    def draw(self, count, seed):
        """Samples, the commonest first, and how often each came."""
        options = {"n_samples": count, "seed": seed}
        outputs = self.outputs(sample(self.step, self.state, **options, **self.options))
        times = Counter(output["text"] for output in outputs)
        told = {output["text"]: output for output in outputs}
        return [{**told[text], "times": number} for text, number in times.most_common()]


def rounded(number):
    """A number with four decimals, none of them -0."""
    return round(float(number), 4) + 0.0
