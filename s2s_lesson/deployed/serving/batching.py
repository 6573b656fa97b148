"""Dynamic batching: requests that wait are decoded together if they ask for the same."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from s2s_lesson.data.prediction import Prediction
from s2s_lesson.deployed.exported import ExportedTextToText
from s2s_lesson.deployed.serving.jobs import Job, decode
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.metrics import Metrics


class BusyError(RuntimeError):
    """As many texts wait as may, or the server stops."""


@dataclass(eq=False)
class _Waiting:
    """A job, since when it waits, and where its answer goes."""

    job: Job
    since: float
    answer: "asyncio.Future[list[Prediction]]"


class Batcher:
    """A queue of jobs, and a thread that decodes them, the oldest first.

    With the oldest job go all that wait and share its options, as far as ``Limits.batch_size`` allows. A job
    waits ``Limits.wait`` milliseconds for others, or as long as others are being decoded. Its answer is that
    which it would get alone: a job that fails among others is decoded again without them.

    Args:
        model: ``ExportedTextToText``.
        limits: ``Limits``.
        metrics: ``Metrics``, to count in.

    >>> batcher = Batcher(model=None, limits=Limits(), metrics=Metrics())
    >>> batcher.stop()
    >>> batcher.stopping
    True
    """

    def __init__(self, model: ExportedTextToText, limits: Limits, metrics: Metrics):
        self.model, self.limits, self.metrics = model, limits, metrics
        self.stopping = False
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "decoding")

    @property
    def texts_waiting(self) -> int:
        """How many texts wait, those that are being decoded not included."""
        return sum(len(one.job.texts) for one in self._waiting)

    def stop(self) -> None:
        """Take no more jobs. Those that wait are still answered, and at once."""
        self.stopping = True
        self._arrived.set()

    async def answer(self, job: Job) -> list[Prediction]:
        """Let a job wait for its turn.

        Args:
            job: ``Job``.

        Returns:
            list of ``Prediction``, one for each text.

        Raises:
            BusyError: too many texts wait, or the server stops.
            ValueError: the model refuses a text or an option.
        """
        if self.stopping:
            raise BusyError(
                "Expected a server that goes on; this one stops. Ask again, it may be started anew."
            )
        if (texts := self.texts_waiting + len(job.texts)) > self.limits.queue:
            raise BusyError(
                f"Expected at most {self.limits.queue} texts that wait; with yours there would be {texts}. "
                "Ask again a little later."
            )
        waiting = _Waiting(job, time.monotonic(), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._count()
        self._arrived.set()
        try:
            return await waiting.answer
        finally:  # also if whoever asked is gone
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                self._count()

    async def run(self) -> None:
        """Decode what waits, until the task is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._next()
            jobs = [one.job for one in batch]
            start = time.perf_counter()
            outcomes = await loop.run_in_executor(self._thread, self._decode, jobs)
            self.metrics.decoded(sum(len(job.texts) for job in jobs), time.perf_counter() - start)
            for one, outcome in zip(batch, outcomes, strict=True):
                if one.answer.done():
                    continue
                if isinstance(outcome, Exception):
                    one.answer.set_exception(outcome)
                else:
                    one.answer.set_result(outcome)

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False)

    async def _next(self) -> list[_Waiting]:
        """The batch of the oldest job, once it is full or the job has waited long enough."""
        while True:
            self._arrived.clear()
            batch, full = self._with_the_oldest()
            left = batch[0].since + self.limits.wait / 1000 - time.monotonic() if batch else None
            if batch and (full or self.stopping or (left is not None and left <= 0)):
                self._waiting = [one for one in self._waiting if one not in batch]
                self._count()
                return batch
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                continue

    def _with_the_oldest(self) -> tuple[list[_Waiting], bool]:
        """The oldest job and those that go with it, and whether no other fits in."""
        batch, texts = self._waiting[:1], sum(len(one.job.texts) for one in self._waiting[:1])
        for one in self._waiting[1:]:
            if one.job.shares_with(batch[0].job):
                if texts + len(one.job.texts) > self.limits.batch_size:
                    return batch, True
                batch.append(one)
                texts += len(one.job.texts)
        return batch, texts >= self.limits.batch_size

    def _decode(self, jobs: Sequence[Job]) -> Sequence[list[Prediction] | Exception]:
        """The answers to jobs, or what is wrong with each; in the thread."""
        try:
            return decode(self.model, jobs, self.limits.batch_size)
        except Exception as error:
            if len(jobs) == 1:
                return [error]
        return [self._decode([job])[0] for job in jobs]

    def _count(self) -> None:
        self.metrics.waiting = self.texts_waiting
