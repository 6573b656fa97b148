"""Morse code as it comes out of a receiver: the loudness of a keyed tone in noise, and what it says.

Everything is generated; nothing is downloaded. The letters of a text are chosen at random, so that nothing
but the signal tells what comes next. Of an operator's hand there are a speed of its own for each signal and
marks and gaps of uneven length; of the radio there are a tone of any pitch, noise in every band, and fading.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np

from s2s_lesson.corpora._corpus import expect_room
from s2s_lesson.data.expected import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Range,
    Seed,
    Share,
    checked,
    expect,
)
from s2s_lesson.data.memory import expect_memory

# Recommendation ITU-R M.1677-1, section 1.1: a dash is as long as three dots, the gap between the parts of a
# letter as one, between letters as three, between words as seven.
_CODE = """
a .-    b -...  c -.-.  d -..   e .     f ..-.  g --.   h ....  i ..    j .---  k -.-   l .-..  m --
n -.    o ---   p .--.  q --.-  r .-.   s ...   t -     u ..-   v ...-  w .--   x -..-  y -.--  z --..
0 ----- 1 .---- 2 ..--- 3 ...-- 4 ....- 5 ..... 6 -.... 7 --... 8 ---.. 9 ----.
"""
MORSE = dict(zip(_CODE.split()[::2], _CODE.split()[1::2], strict=True))
DASH, LETTER_GAP, WORD_GAP = 3, 3, 7  # dots
LETTERS = 26  # the first of them
Characters: TypeAlias = Literal["letters", "letters_and_digits"]
Jitter: TypeAlias = Annotated[float, Range(0, 0.5)]
SignalPair: TypeAlias = tuple[np.ndarray, str]


@dataclass(frozen=True)
class Signals:
    """Pairs of a signal and its text, in splits that share no text.

    Attributes:
        train, dev, test: lists of pairs: float32 (frames, slices * bands), for each slice of a frame the
            loudness of each band; and str, in small letters.
        target_tokens: name of the tokenizer in ``s2s_lesson.data.text`` that suits the texts.

    >>> from s2s_lesson.corpora import signals
    >>> corpus = signals.load(train_size=3, dev_size=1, test_size=1)
    >>> signal, text = corpus.train[0]
    >>> signal.shape[1], set(text) <= {" ", *signals.MORSE}
    (16, True)
    """

    train: list[SignalPair]
    dev: list[SignalPair]
    test: list[SignalPair]
    target_tokens: Literal["characters"] = "characters"


@checked
def load(
    *,
    seed: Seed = 0,
    characters: Characters = "letters",
    min_length: PositiveInt = 2,
    max_length: PositiveInt = 4,
    word_share: Share = 0.2,
    min_dot: PositiveFloat = 2.0,
    max_dot: PositiveFloat = 4.0,
    jitter: Jitter = 0.1,
    min_noise: NonNegativeFloat = 0.0,
    max_noise: NonNegativeFloat = 0.15,
    fading: Share = 0.5,
    bands: PositiveInt = 4,
    slices: PositiveInt = 4,
    train_size: NonNegativeInt = 20_000,
    dev_size: NonNegativeInt = 500,
    test_size: NonNegativeInt = 1_000,
) -> Signals:
    """Generate signals and what they say.

    Args:
        seed: int. Chooses the texts and all that happens to them.
        characters: "letters", a to z, or "letters_and_digits".
        min_length, max_length: int. Characters in a text, both included, blanks not counted.
        word_share: float from 0 to 1. A new word begins at so many of the places where one could.
        min_dot, max_dot: float above 0. Slices of time in a dot; each signal has a speed in between.
        jitter: float from 0 to 0.5. Standard deviation of the length of each mark and gap, as a share of it.
        min_noise, max_noise: float of 0 or greater. Standard deviation of both parts of the noise's wave in
            each slice and band, for a tone of loudness 1; each signal has a noise in between. At 0.1 a tone
            that has not faded stands 17 dB above its noise.
        fading: float from 0 to 1. The loudness goes down by up to this share and up again, slowly. At 1 it
            may vanish.
        bands: int. Frequency bands, side by side. The tone lies in or between any of them, and is heard more
            softly in the neighbours.
        slices: int. Slices of time, one after the other, that make a frame, so that there are fewer frames to
            read; each has a feature for each band.
        train_size, dev_size, test_size: int. Pairs in each split.

    Returns:
        ``Signals``.

    Raises:
        ValueError: an option is out of its range, or there are not so many different texts.

    Source: the code is that of Recommendation ITU-R M.1677-1, section 1.
    """
    expect("max_length", max_length, max_length >= min_length, f"of at least min_length={min_length}")
    expect("max_dot", max_dot, max_dot >= min_dot, f"of at least min_dot={min_dot}")
    expect("max_noise", max_noise, max_noise >= min_noise, f"of at least min_noise={min_noise}")
    expect_room(train_size=train_size, dev_size=dev_size, test_size=test_size)
    size = train_size + dev_size + test_size
    expect("train_size", train_size, size, "of at least 1 where there are no pairs of another split")
    expect_memory("max_length", max_length, 4.0 * bands * size * max_length * max_dot)
    generator = np.random.default_rng(seed)
    alphabet = list(MORSE)[: LETTERS if characters == "letters" else None]
    texts = _texts(generator, alphabet, size, (min_length, max_length), word_share)
    pairs = []
    for text in texts:
        dot = generator.uniform(min_dot, max_dot)
        noise = generator.uniform(min_noise, max_noise)
        pairs.append((received(text, dot, jitter, noise, fading, bands, slices, generator), text))
    dev_end = train_size + dev_size
    return Signals(pairs[:train_size], pairs[train_size:dev_end], pairs[dev_end:])


@checked
def received(
    text: str,
    dot: PositiveFloat = 3.0,
    jitter: Jitter = 0.0,
    noise: NonNegativeFloat = 0.0,
    fading: Share = 0.0,
    bands: PositiveInt = 4,
    slices: PositiveInt = 4,
    seed: Seed | np.random.Generator = 0,
) -> np.ndarray:
    """Key a text, receive it and put it into frames.

    Args:
        text, dot, jitter: as in ``keyed``.
        noise: float of 0 or greater, as ``min_noise`` in ``load``.
        fading, bands, slices: as in ``load``.
        seed: int, or a generator to draw from.

    Returns:
        float32 (frames, slices * bands).

    Raises:
        ValueError: a character has no code here.
    """
    generator = np.random.default_rng(seed)
    key = keyed(text, dot, jitter, generator)
    key = np.pad(key, (0, -len(key) % slices))  # whole frames
    return heard(key, bands, noise, fading, generator).reshape(-1, slices * bands)


@checked
def keyed(
    text: str,
    dot: PositiveFloat = 2.0,
    jitter: Jitter = 0.0,
    seed: Seed | np.random.Generator = 0,
) -> np.ndarray:
    """Key a text, with silence before and after it.

    Args:
        text: str, of the characters of ``MORSE`` and blanks.
        dot: float above 0. Slices of time in a dot.
        jitter: as in ``load``.
        seed: int, or a generator to draw from.

    Returns:
        float (time,): which share of each slice of time the key is down.

    Raises:
        ValueError: a character has no code here.
    """
    generator = np.random.default_rng(seed)
    if unknown := [character for character in text if character != " " and character not in MORSE]:
        raise ValueError(
            f"Expected letters a to z, digits and blanks; received {unknown[0]!r} in {text!r}."
            " Take the others out, or spell them."
        )
    lengths = [generator.uniform(1, 4)]  # in dots: silence, then marks and gaps in turn
    for word in text.split():
        for character in word:
            for part in MORSE[character]:
                lengths += [DASH if part == "-" else 1, 1]
            lengths[-1] = LETTER_GAP
        lengths[-1] = WORD_GAP
    lengths[-1] = generator.uniform(1, 4)
    uneven = np.maximum(1 + jitter * generator.standard_normal(len(lengths)), 0.3)
    times = np.cumsum([0, *(dot * uneven * lengths)])  # where each of them begins, and the end, in slices
    down = np.cumsum([0, *(np.diff(times) * (np.arange(len(lengths)) % 2))])  # how long the key was, by then
    return np.diff(np.interp(np.arange(np.ceil(times[-1]) + 1), times, down))


@checked
def heard(
    key: np.ndarray,
    bands: PositiveInt = 4,
    noise: NonNegativeFloat = 0.0,
    fading: Share = 0.0,
    seed: Seed | np.random.Generator = 0,
) -> np.ndarray:
    """Receive what was keyed: a tone of loudness 1 and of one pitch, which fades, in noise.

    Args:
        key: float (time,), from ``keyed``.
        noise: float of 0 or greater, as ``min_noise`` in ``load``.
        bands, fading: as in ``load``.
        seed: int, or a generator to draw from.

    Returns:
        float32 (time, bands): the loudness of each band.
    """
    generator = np.random.default_rng(seed)
    cycles = np.arange(len(key)) / generator.uniform(50, 200) + generator.uniform()
    tone = key * (1 - fading * (0.5 + 0.5 * np.cos(2 * np.pi * cycles)))
    pitch = generator.uniform(0, bands - 1)
    in_band = np.exp(-2 * (np.arange(bands) - pitch) ** 2)
    wave = tone[:, None] * in_band + noise * generator.standard_normal((len(key), bands))
    return np.hypot(wave, noise * generator.standard_normal((len(key), bands))).astype("float32")


def _texts(generator, alphabet, size, lengths, word_share):
    """Different random texts: a list of str."""
    texts: dict[str, None] = {}
    for _ in range(20 * size):
        if len(texts) == size:
            break
        characters = generator.choice(alphabet, generator.integers(lengths[0], lengths[1] + 1))
        gaps = [" " if gap else "" for gap in generator.random(len(characters) - 1) < word_share]
        texts["".join(map("".join, zip(characters, [*gaps, ""], strict=True)))] = None
    if len(texts) < size:
        raise ValueError(
            f"Expected {size} different texts; received only {len(texts)} of {lengths[0]} to {lengths[1]} "
            "characters. Ask for fewer pairs or longer texts."
        )
    return list(texts)
