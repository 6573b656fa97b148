"""Metrics: what the server did, in the text format of Prometheus."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)
TIMED = ("/predict", "/sample")  # all else is answered at once
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    """How many values lie at or below each of some bounds, their sum and their number.

    Args:
        bounds: sequence of float, rising.

    >>> histogram = Histogram((1, 5))
    >>> for value in (1, 3, 7):
    ...     histogram.add(value)
    >>> list(histogram.cumulative())
    [('1', 1), ('5', 2), ('+Inf', 3)]
    """

    def __init__(self, bounds: Sequence[float]):
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> Sequence[tuple[str, int]]:
        """The bounds with the number of values up to each: pairs of str and int."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        return [(name, sum(self.counts[: place + 1])) for place, name in enumerate(names)]


class Metrics:
    """Counts of requests, texts and batches. It may be used from several threads.

    Attributes:
        waiting: int. Texts that wait to be decoded.

    >>> metrics = Metrics()
    >>> metrics.answered("/predict", 200, 0.25)
    >>> print(metrics.text().splitlines()[2])
    s2s_lesson_requests_total{path="/predict",status="200"} 1
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds = {path: Histogram(SECONDS) for path in TIMED}
        self._batches, self._decoding = Histogram(TEXTS), Histogram(SECONDS)
        self._lock = threading.Lock()

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            path: str, one of those that the server knows.
            status: int, of the answer.
            seconds: float, from its arrival to the end of the answer.
        """
        with self._lock:
            self._requests[path, status] += 1
            if path in TIMED:
                self._seconds[path].add(seconds)

    def decoded(self, texts: int, seconds: float) -> None:
        """Count a batch: its texts, and how long it took."""
        with self._lock:
            self._batches.add(texts)
            self._decoding.add(seconds)

    def text(self) -> str:
        """All that was counted, in the text format of Prometheus, version 0.0.4."""
        with self._lock:
            lines = _head("requests_total", "counter", "Requests that were answered.")
            for (path, status), count in sorted(self._requests.items()):
                lines.append(f"{_name('requests_total', {'path': path, 'status': str(status)})} {count}")
            lines += _head(
                "request_seconds", "histogram", "Seconds from a request for outputs to its answer."
            )
            for path, histogram in sorted(self._seconds.items()):
                lines += _lines("request_seconds", histogram, {"path": path})
            lines += _head("batch_texts", "histogram", "Texts that were decoded together.")
            lines += _lines("batch_texts", self._batches, {})
            lines += _head("batch_seconds", "histogram", "Seconds in which a batch was decoded.")
            lines += _lines("batch_seconds", self._decoding, {})
            lines += _head("waiting_texts", "gauge", "Texts that wait to be decoded.")
            lines.append(f"{_name('waiting_texts', {})} {self.waiting}")
        return "\n".join(lines) + "\n"


def _head(name, kind, what):
    return [f"# HELP s2s_lesson_{name} {what}", f"# TYPE s2s_lesson_{name} {kind}"]


def _name(name: str, labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"s2s_lesson_{name}{{{inside}}}" if inside else f"s2s_lesson_{name}"


def _lines(name, histogram, labels):
    lines = [
        f"{_name(f'{name}_bucket', {**labels, 'le': bound})} {count}"
        for bound, count in histogram.cumulative()
    ]
    lines.append(f"{_name(f'{name}_sum', labels)} {histogram.total:.6f}")
    lines.append(f"{_name(f'{name}_count', labels)} {sum(histogram.counts)}")
    return lines
