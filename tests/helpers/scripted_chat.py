"""A pipeline to chat with that needs no model."""

import numpy as np

from s2s_lesson.data import Prediction
from s2s_lesson.data.prediction import empty_prediction


class Scripted:
    """Answers "one", "two", ... with as many replies as are asked for; reads 7 words at most."""

    max_source_length = 7

    def __init__(self, answers=(), unknown=()):
        self.answers, self.unknown, self.read, self.asked = iter(answers), unknown, [], []

    def source_length(self, text):
        return len(text.split())

    def predict(self, texts, beam_size, n_best, truncate, **options):
        self.asked.append({"beam_size": beam_size, "n_best": n_best, **options})
        return self._answer(texts[0], n_best)

    def sample(self, texts, n_samples, *, seed, truncate, **options):
        self.asked.append({"n_samples": n_samples, "seed": seed, **options})
        return self._answer(texts[0], n_samples)

    def _answer(self, source, count):
        self.read.append(source)
        if not source.strip(". "):
            return [empty_prediction(source)]
        answer = next(self.answers, "yes")
        if isinstance(answer, BaseException):
            raise answer
        weights = np.full((1, 1), 1.0)
        replies = [
            Prediction(source, ("word",), f"{answer}{'!' * place}", (answer,), -1.0 - place, 0.0, weights)
            for place in range(count)
        ]
        best = replies[0].__dict__ | {"alternatives": tuple(replies[1:])}
        return [Prediction(**best | {"unknown": tuple(w for w in source.split() if w in self.unknown)})]
