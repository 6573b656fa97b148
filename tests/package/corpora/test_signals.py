"""Morse signals: the code, its timing, what happens to it on the way, and splits that share no text."""

import numpy as np
import pytest

from s2s_lesson.corpora import signals

SIZES = {"train_size": 23, "dev_size": 7, "test_size": 5}


def runs(key):
    """How long the key is down and up in turn, silence at both ends left out."""
    edges = np.flatnonzero(np.diff(key > 0.5, prepend=False, append=False))
    return np.diff(edges).tolist()


def test_the_code_is_that_of_the_recommendation():
    assert len(signals.MORSE) == len(set(signals.MORSE.values())) == 36
    assert "".join(signals.MORSE)[:26] == "abcdefghijklmnopqrstuvwxyz"
    assert [signals.MORSE[letter] for letter in "sosq"] == ["...", "---", "...", "--.-"]
    # each digit is as many dots, or dashes, as it says
    assert [signals.MORSE[digit].count(".") for digit in "0123456789"] == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1]
    assert all(len(signals.MORSE[digit]) == 5 for digit in "0123456789")


def test_a_dash_has_three_dots_a_gap_one_three_or_seven():
    dots = np.array(runs(signals.keyed("an t", dot=10.0))) / 10
    a, n, t = [1, 1, 3], [3, 1, 1], [3]
    np.testing.assert_allclose(dots, [*a, 3, *n, 7, *t], atol=0.11)


def test_jitter_makes_marks_uneven_around_what_they_should_be():
    lengths = np.array([runs(signals.keyed("e", 100.0, jitter=0.1, seed=seed))[0] for seed in range(199)])
    assert abs(lengths.mean() - 100) < 3 and 7 < lengths.std() < 13


def test_a_part_of_a_slice_counts_in_part():
    key = signals.keyed("t", dot=1.5)
    assert key.sum() == pytest.approx(4.5) and key.max() <= 1 + 1e-9 and key.min() >= 0


def test_a_tone_lies_in_bands_side_by_side_and_fades():
    key = np.ones(499)
    loudness = signals.heard(key, bands=5, seed=3)
    assert loudness.shape == (499, 5) and loudness.dtype == np.float32
    order = np.argsort(-loudness[0])
    assert abs(order[0] - order[1]) == 1
    np.testing.assert_array_equal(loudness, np.broadcast_to(loudness[0], loudness.shape))
    faded = signals.heard(key, bands=5, fading=0.7, seed=3)[:, order[0]] / loudness[:, order[0]]
    assert faded.min() == pytest.approx(0.3, abs=0.01) and faded.max() == pytest.approx(1, abs=0.01)
    assert np.abs(np.diff(faded)).max() < 0.06


def test_noise_has_the_power_that_is_said():
    noise = signals.heard(np.zeros(4999), bands=3, noise=0.2)
    assert np.square(noise).mean() == pytest.approx(2 * 0.2**2, rel=0.05)


def test_splits_share_no_text_and_a_seed_makes_the_same_signals_again():
    corpus, again = signals.load(**SIZES, seed=3), signals.load(**SIZES, seed=3)
    texts = [[text for _, text in split] for split in (corpus.train, corpus.dev, corpus.test)]
    assert list(map(len, texts)) == [23, 7, 5]
    assert len(set().union(*texts)) == 35
    for (signal, text), (other, other_text) in zip(corpus.test, again.test, strict=True):
        assert text == other_text
        np.testing.assert_array_equal(signal, other)
    assert signals.load(**SIZES, seed=4).train[0][1] != texts[0][0]


def test_the_options_do_what_they_say():
    options = {"characters": "letters_and_digits", "min_length": 5, "max_length": 7, "word_share": 0.5}
    corpus = signals.load(**SIZES, **options, bands=3, slices=5)
    written = "".join(text for _, text in corpus.train)
    assert set(written) & set("0123456789") and " " in written
    assert {5, 7} <= {len(text.replace(" ", "")) for _, text in corpus.train} <= {5, 6, 7}
    assert {signal.shape[1] for signal, _ in corpus.train} == {15}
    quick = signals.load(**SIZES, min_dot=1.0, max_dot=1.0, slices=1)
    slow = signals.load(**SIZES, min_dot=3.0, max_dot=3.0, slices=1)
    times = [np.mean([len(signal) for signal, _ in corpus.train]) for corpus in (quick, slow)]
    assert times[1] / times[0] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": 1}, "Expected max_length of at least min_length=2; received 1"),
        ({"max_dot": 1.0}, "Expected max_dot of at least min_dot=2.0; received 1.0"),
        ({"max_length": 2, "train_size": 2000}, "Expected 2012 different texts; received only"),
        ({"train_size": 0, "dev_size": 0, "test_size": 0}, "Expected train_size of at least 1"),
    ],
)
def test_what_cannot_be_generated_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        signals.load(**{**SIZES, **options})


def test_only_what_has_a_code_can_be_keyed():
    with pytest.raises(ValueError, match="Expected letters a to z, digits and blanks; received 'S' in 'SOS'"):
        signals.keyed("SOS")
