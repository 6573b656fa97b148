"""Counts, in the text format of Prometheus. No engine is needed."""

import re

from s2s_lesson.deployed.serving.metrics import Metrics

SAMPLE = re.compile(r'([a-z_0-9]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (-?[0-9.]+)')


def read(text):
    """The samples of a text of metrics: name and labels, and the value; and the kind of each family."""
    assert text.endswith("\n")
    samples, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            kinds[line.split()[2]] = line.split()[3]
        elif not line.startswith("# HELP "):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            samples[name, labels or ""] = float(value)
    families = {re.sub("_(bucket|sum|count)$", "", name) for name, _ in samples}
    assert families <= set(kinds)
    return samples, kinds


def test_requests_batches_and_what_waits_are_counted():
    metrics = Metrics()
    for status, seconds in ((200, 0.004), (200, 0.3), (503, 0.001)):
        metrics.answered("/predict", status, seconds)
    metrics.answered("/health", 200, 0.1)
    metrics.decoded(5, 0.2)
    metrics.decoded(1, 20.0)
    metrics.waiting = 7
    samples, kinds = read(metrics.text())
    assert samples["s2s_lesson_requests_total", 'path="/predict",status="200"'] == 2
    assert samples["s2s_lesson_requests_total", 'path="/predict",status="503"'] == 1
    assert samples["s2s_lesson_requests_total", 'path="/health",status="200"'] == 1
    below = [
        samples["s2s_lesson_request_seconds_bucket", f'path="/predict",le="{le}"']
        for le in (0.005, 0.25, 0.5)
    ]
    assert below == [2, 2, 3]
    assert samples["s2s_lesson_request_seconds_count", 'path="/predict"'] == 3
    assert samples["s2s_lesson_request_seconds_sum", 'path="/predict"'] == 0.305
    texts = [samples["s2s_lesson_batch_texts_bucket", f'le="{le}"'] for le in ("1", "4", "8", "+Inf")]
    assert texts == [1, 1, 2, 2] and samples["s2s_lesson_batch_texts_sum", ""] == 6
    assert samples["s2s_lesson_batch_seconds_bucket", 'le="10"'] == 1
    assert samples["s2s_lesson_waiting_texts", ""] == 7
    assert kinds["s2s_lesson_requests_total"] == "counter" and kinds["s2s_lesson_batch_texts"] == "histogram"


def test_before_the_first_request_the_text_is_sound_too():
    samples, kinds = read(Metrics().text())
    assert samples and not any(samples.values())
    assert len(kinds) == 5
