"""What one request may ask for, and how many may wait."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Range, checked, expect

Wait: TypeAlias = Annotated[float, Range(0, 1000)]  # milliseconds


@checked
@dataclass(frozen=True)
class Limits:
    """What one request may ask for, how many may wait, and how they are decoded together.

    Args:
        body_bytes: int. The largest body of a request; a larger one is answered by 413.
        body_seconds: float. How long a body may take to arrive; a slower one is answered by 408.
        texts: int. The most texts of a request.
        text_length: int, in characters. The longest text, and the longest prefix or phrase of constraints.
        beam_size: int. The widest beam.
        samples: int. The most samples of a text.
        outputs: int. The most outputs of a request, all its texts together.
        phrases: int. The most phrases that a request may require, and forbid.
        queue: int. The most texts that may wait; a request that would be one too many is answered by 503.
        batch_size: int. The most texts that are decoded together.
        wait: float, in milliseconds, up to 1000. How long a request waits for others to be decoded with.

    Raises:
        ValueError: a limit is out of range, or no request of ``texts`` texts could ever wait.

    >>> Limits(texts=7, queue=11).batch_size
    64
    """

    body_bytes: PositiveInt = 1_000_000
    body_seconds: PositiveFloat = 30.0
    texts: PositiveInt = 64
    text_length: PositiveInt = 5_000
    beam_size: PositiveInt = 16
    samples: PositiveInt = 16
    outputs: PositiveInt = 256
    phrases: PositiveInt = 16
    queue: PositiveInt = 256
    batch_size: PositiveInt = 64
    wait: Wait = 5.0

    def __post_init__(self) -> None:
        expect("queue", self.queue, self.queue >= self.texts, f"of at least texts={self.texts}")
