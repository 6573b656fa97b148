"""Requests that wait are decoded together, and none of them notices. No engine is needed."""

import asyncio
import time

import pytest
from served_models import SmallModel

from s2s_lesson.deployed.serving.batching import Batcher, BusyError
from s2s_lesson.deployed.serving.jobs import Job, decode
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.metrics import Metrics
from s2s_lesson.search import Constraints, Scoring

GREEDY = (("beam_size", 1),)


def predicting(*texts, options=GREEDY, **constraints):
    return Job("predict", texts, options, Constraints(**{"prefix": "", **constraints}))


def outcome(predictions):
    """What was written and how likely it is, and so for the alternatives."""
    if isinstance(predictions, Exception):
        return str(predictions)
    return [
        [(one.text, round(one.log_probability, 5)) for one in (prediction, *prediction.alternatives)]
        for prediction in predictions
    ]


def answers(jobs, model, while_waiting=lambda batcher: None, **limits):
    """The answers to jobs that arrive while the first of them is being decoded, and the sizes of calls."""

    async def ask():
        batcher = Batcher(model, Limits(**limits), Metrics())
        running = asyncio.create_task(batcher.run())
        model.go_on.clear()
        asked = [asyncio.create_task(batcher.answer(job)) for job in jobs[:1]]
        while not model.calls:
            await asyncio.sleep(0.001)
        asked += [asyncio.create_task(batcher.answer(job)) for job in jobs[1:]]
        await asyncio.sleep(0)
        while_waiting(batcher)
        model.go_on.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        running.cancel()
        batcher.close()
        return outcomes

    return asyncio.run(ask()), model.calls


def test_what_asks_for_the_same_is_decoded_together_the_oldest_first():
    other = (("beam_size", 2),)
    jobs = [
        predicting("a"),
        predicting("b", "c"),
        predicting("d", options=other),
        predicting("efg"),
        predicting("h", options=other),
        predicting("a", "b", "c"),
    ]
    model = SmallModel()
    outcomes, calls = answers(jobs, model, wait=0)
    assert calls == [1, 6, 2]
    for job, told in zip(jobs, outcomes, strict=True):
        assert outcome(told) == outcome(decode(model, [job], 64)[0])


def test_a_batch_is_no_larger_than_it_may_be():
    jobs = [predicting("a"), predicting("b", "c"), predicting("d"), predicting("e", "f"), predicting("g")]
    assert answers(jobs, SmallModel(), batch_size=3, wait=0)[1] == [1, 3, 3]
    # A request of more texts than a batch holds is decoded by itself; the model splits it.
    jobs = [predicting("a"), predicting("b"), predicting(*"cdefg"), predicting("h")]
    assert answers(jobs, SmallModel(), batch_size=3, wait=0)[1] == [1, 1, 5, 1]


def test_samples_come_from_the_seed_of_their_own_request():
    options = (("n_samples", 3), ("temperature", 2.0))
    jobs = [
        Job("sample", texts, options, seed=seed) for texts, seed in (("a", 3), (("b", "a"), 5), (("a",), 5))
    ]
    model = SmallModel()
    outcomes, calls = answers([predicting("c"), *jobs], model, wait=0)
    assert calls == [1, 4]
    alone = [decode(model, [job], 64)[0] for job in jobs]
    assert [outcome(told) for told in outcomes[1:]] == [outcome(told) for told in alone]
    assert outcome(outcomes[1]) != outcome(outcomes[3])


def test_each_request_keeps_its_own_phrases():
    jobs = [predicting("c"), predicting("abc", "de", prefix="fa"), predicting("abc", required=("gd",))]
    outcomes, calls = answers(jobs, SmallModel(), wait=0)
    assert calls == [1, 3]
    assert [one.text[:2] for one in outcomes[1]] == ["fa", "fa"] and "gd" in outcomes[2][0].text


def test_a_request_that_is_refused_does_not_harm_those_beside_it():
    jobs = [predicting("c"), predicting("ab"), predicting("ab", required=("xyz",)), predicting("a" * 24)]
    outcomes, calls = answers(jobs, SmallModel(), wait=0)
    assert calls == [1, 3, 1, 1, 1]
    assert outcomes[1][0].text and "unknown token 'x'" in str(outcomes[2])
    assert "text 0 has 24" in str(outcomes[3])


@pytest.mark.parametrize(
    "other",
    [
        Job("sample", ("b",), GREEDY),
        predicting("b", options=(("beam_size", 3),)),
        predicting("b", options=(*GREEDY, ("scoring", Scoring(0.5)))),
        predicting("b", min_output_length=3),
        predicting("b", forbidden=("c",)),
    ],
)
def test_what_asks_for_something_else_is_decoded_by_itself(other):
    assert predicting("a").shares_with(predicting("b", "c", required=("d",)))
    assert not predicting("a").shares_with(other) and not other.shares_with(predicting("a"))


def test_forbidden_phrases_are_looked_at_request_by_request():
    """Whether a phrase can be forbidden depends on all texts of a call, if words are copied from them."""
    assert not predicting("a", forbidden=("c",)).shares_with(predicting("b", forbidden=("c",)))


def test_too_many_texts_are_refused_until_some_are_done():
    jobs = [predicting("a"), predicting("b", "c"), predicting("d"), predicting("e", "f")]
    outcomes, calls = answers(jobs, SmallModel(), queue=4, texts=2, wait=0)
    assert calls == [1, 3] and [isinstance(told, BusyError) for told in outcomes] == [
        False,
        False,
        False,
        True,
    ]
    assert "at most 4 texts that wait; with yours there would be 5" in str(outcomes[3])


def test_what_waits_is_answered_when_the_server_stops_and_nothing_else_is():
    late = []

    def stop(batcher):
        batcher.stop()
        with pytest.raises(BusyError, match="this one stops"):
            batcher.answer(predicting("c")).send(None)
        late.append(batcher.texts_waiting)

    outcomes, calls = answers([predicting("a"), predicting("b")], SmallModel(), stop, wait=0)
    assert [told[0].source for told in outcomes] == ["a", "b"] and calls == [1, 1] and late == [1]


def test_nobody_waits_for_others_when_the_server_stops():
    async def ask():
        batcher = Batcher(SmallModel(), Limits(wait=1000), Metrics())
        running = asyncio.create_task(batcher.run())
        start = time.monotonic()
        asked = asyncio.create_task(batcher.answer(predicting("a")))
        await asyncio.sleep(0.01)
        batcher.stop()
        await asked
        running.cancel()
        batcher.close()
        return time.monotonic() - start

    assert asyncio.run(ask()) < 0.9


def test_a_request_waits_a_little_for_others():
    async def ask(limits):
        batcher = Batcher(model := SmallModel(), limits, Metrics())
        running = asyncio.create_task(batcher.run())
        start = time.monotonic()
        first = asyncio.create_task(batcher.answer(predicting("a")))
        await asyncio.sleep(0.05)
        await asyncio.gather(first, batcher.answer(predicting("b")))
        running.cancel()
        batcher.close()
        return model.calls, time.monotonic() - start

    assert asyncio.run(ask(Limits(wait=0)))[0] == [1, 1]
    calls, seconds = asyncio.run(ask(Limits(wait=300)))
    assert calls == [2] and seconds >= 0.3
    calls, seconds = asyncio.run(ask(Limits(wait=1000, batch_size=2)))
    assert calls == [2] and seconds < 0.9  # the batch is full


def test_who_goes_away_leaves_the_queue():
    async def ask():
        batcher = Batcher(SmallModel(), Limits(), Metrics())
        asked = asyncio.create_task(batcher.answer(predicting("a", "b")))
        await asyncio.sleep(0)
        waiting = batcher.texts_waiting, batcher.metrics.waiting
        asked.cancel()
        await asyncio.wait([asked])
        return waiting, batcher.texts_waiting, batcher.metrics.waiting

    assert asyncio.run(ask()) == ((2, 2), 0, 0)


def test_a_queue_that_no_request_fits_in_is_refused():
    with pytest.raises(ValueError, match=r"Expected queue of at least texts=9; received 8\."):
        Limits(queue=8, texts=9)
