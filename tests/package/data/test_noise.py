"""Noise: which words stay, how far they move, and what never happens to a source."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.data import Noise, Vocabulary, pad
from s2s_lesson.data.noise import taken

SHARES = st.sampled_from([0.0, 0.3, 1.0])
LENGTHS = st.lists(st.integers(0, 11), min_size=1, max_size=5)


def sources(lengths, end=True):
    """Sources of distinct words, which begin at 5."""
    return pad([[*range(5, 5 + length), *[Vocabulary.eos_id] * end] for length in lengths], max(lengths) + 3)


@given(LENGTHS, SHARES, SHARES, SHARES, st.integers(1, 5), st.integers(0, 99))
def test_a_source_keeps_words_of_its_own_its_end_and_its_padding(lengths, drop, swap, blank, distance, seed):
    ids, generator = sources(lengths), np.random.default_rng(seed)
    noise = Noise(drop, swap, blank, distance)
    places = noise.places(ids, generator)
    noisy = noise.read(ids, places, generator)
    assert noisy.shape == ids.shape and noisy.dtype == ids.dtype
    for row, length in enumerate(lengths):
        kept = places[row][places[row] >= 0]
        assert kept[-1] == length and (places[row, len(kept) :] == -1).all()  # the end token is the last
        assert len(set(kept)) == len(kept) and (length == 0 or 2 <= len(kept) <= length + 1)
        ranks = np.argsort(np.argsort(kept))
        assert np.abs(ranks - np.arange(len(kept))).max() <= (distance if swap else 0)
        assert noisy[row, len(kept) - 1] == Vocabulary.eos_id and (noisy[row, len(kept) :] == 0).all()
        words, told = noisy[row, : len(kept) - 1], ids[row, kept[:-1]]
        assert ((words == told) | (words == Vocabulary.unk_id)).all()
        assert blank not in (0, 1) or (words == (told if blank == 0 else Vocabulary.unk_id)).all()


def test_the_shares_are_those_that_were_asked_for():
    ids, generator = sources([97] * 53), np.random.default_rng(0)
    noise = Noise(drop=0.2, blank=0.3)
    places = noise.places(ids, generator)
    noisy = noise.read(ids, places, generator)
    words = (noisy > 0) & (noisy != Vocabulary.eos_id)
    assert words.sum() == pytest.approx(0.8 * 97 * 53, rel=0.02)
    assert (noisy == Vocabulary.unk_id).sum() == pytest.approx(0.3 * words.sum(), rel=0.05)
    moved = Noise(swap=1.0, distance=3).places(ids, generator)[:, :97] - np.arange(97)
    assert set(np.unique(moved)) == set(range(-3, 4)) and (moved != 0).mean() > 0.5
    fewer = Noise(swap=0.1, distance=3).places(ids, generator)[:, :97] - np.arange(97)
    assert 0.05 < (fewer != 0).mean() < 0.3


def test_a_source_without_an_end_token_is_one_as_well():
    ids = sources([7, 2, 1], end=False)
    places = Noise(drop=1.0).places(ids, np.random.default_rng(0))
    assert (taken(ids, places) > 0).sum(axis=1).tolist() == [1, 1, 1]


def test_without_a_share_it_does_nothing():
    assert not Noise(distance=7)
    assert Noise(drop=0.1) and Noise(swap=0.1) and Noise(blank=0.1)


@pytest.mark.parametrize("name", ["drop", "swap", "blank"])
def test_what_is_no_share_is_an_error(name):
    with pytest.raises(ValueError, match=f"Expected {name} from 0 to 1; received 1.5"):
        Noise(**{name: 1.5})
