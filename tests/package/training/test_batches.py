"""PairBatches: every pair once an epoch, in few shapes, and in an order that seed and epoch decide."""

import os

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_models import sentences

from s2s_lesson.corpora import load
from s2s_lesson.data import Noise, clean, tokenize
from s2s_lesson.data.padding import id_lists_of
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline import presets
from s2s_lesson.training import MaskedCrossEntropy, PairBatches

LENGTHS = st.lists(st.tuples(st.integers(1, 13), st.integers(1, 11)), min_size=1, max_size=41)


def pair_batches(lengths, **options):
    """Pairs of the given source and target lengths; the first id of both is the pair's number."""
    source_ids = [[100 + row] + [7] * (source - 1) for row, (source, _) in enumerate(lengths)]
    target_ids = [[100 + row] + [5] * (target - 1) for row, (_, target) in enumerate(lengths)]
    return PairBatches(source_ids, target_ids, **options)


def test_each_batch_tells_which_pairs_it_holds():
    batches = pair_batches([(row % 5 + 1, row % 3 + 1) for row in range(23)], batch_size=3)
    told = [batches.rows(index).tolist() for index in range(len(batches))]
    assert [[100 + row for row in batch] for batch in told] == rows(batches)


def rows(batches):
    """The numbers of the pairs of each batch, in order."""
    return [batches[index][1][:, 0].tolist() for index in range(len(batches))]


def shapes(batches):
    return [
        (*inputs["source_ids"].shape, targets.shape[1])
        for inputs, targets in map(batches.__getitem__, range(len(batches)))
    ]


def test_a_batch_holds_padded_sources_decoder_inputs_and_targets():
    batches = PairBatches([[5, 6, 3], [7, 3]], [[8, 3], [9, 10, 11, 3]], source_buckets=1, target_buckets=1)
    assert len(batches) == 1
    inputs, targets = batches[0]
    order = [0, 1] if targets[0, 0] == 8 else [1, 0]
    assert inputs["source_ids"][order].tolist() == [[5, 6, 3], [7, 3, 0]]
    assert inputs["decoder_inputs"][order].tolist() == [[2, 8, 0, 0], [2, 9, 10, 11]]
    assert targets[order].tolist() == [[8, 3, 0, 0], [9, 10, 11, 3]]
    assert {array.dtype.name for array in [*inputs.values(), targets]} == {"int32"}


@settings(max_examples=50)
@given(LENGTHS, st.integers(1, 7), st.booleans(), st.integers(0, 5))
def test_every_epoch_holds_every_pair_once_in_few_shapes(lengths, batch_size, shuffle, epoch):
    options = {"source_buckets": 3, "target_buckets": 2}
    batches = pair_batches(lengths, batch_size=batch_size, shuffle=shuffle, **options)
    batches.set_epoch(epoch)
    padding = positions = 0
    for inputs, targets in map(batches.__getitem__, range(len(batches))):
        assert 1 <= len(targets) <= batch_size
        assert (inputs["source_ids"][:, 0] == targets[:, 0]).all()
        padding += (inputs["source_ids"] == 0).sum() + (targets == 0).sum()
        positions += inputs["source_ids"].size + targets.size
    seen = [row for batch in rows(batches) for row in batch]
    assert sorted(seen) == list(range(100, 100 + len(lengths)))
    assert len({shape[1:] for shape in shapes(batches)}) <= 6
    assert batches.padding_share() == pytest.approx(padding / positions)


@pytest.mark.parametrize("shuffle", [False, True])
def test_ids_in_one_array_make_the_same_batches(shuffle):
    lists = [[[5 + row, *[7] * (row * step % 11)] for row in range(53)] for step in (2, 3, 2)]
    options = {"batch_size": 3, "shuffle": shuffle, "seed": 5, "weights": [row % 4 for row in range(53)]}
    plain = PairBatches(*lists[:2], copy_ids=lists[2], **options)
    compact = PairBatches(*map(id_lists_of, lists[:2]), copy_ids=id_lists_of(lists[2]), **options)
    assert len(compact) == len(plain) and compact.padding_share() == plain.padding_share()
    for index in range(len(plain)):
        (inputs, *others), (same_inputs, *same_others) = plain[index], compact[index]
        assert inputs.keys() == same_inputs.keys()
        for one, other in zip(
            [*inputs.values(), *others], [*same_inputs.values(), *same_others], strict=True
        ):
            assert one.dtype == other.dtype and (one == other).all()


def test_pairs_of_one_length_stay_together():
    batches = pair_batches([(3, 5)] * 97 + [(11, 2)] * 3, batch_size=100)
    assert batches.padding_share() == 0
    assert {shape[1:] for shape in shapes(batches)} == {(3, 5), (11, 2)}


def test_the_order_is_a_function_of_seed_and_epoch():
    lengths = [(length % 7 + 1, length % 5 + 1) for length in range(53)]
    batches, other = (pair_batches(lengths, batch_size=3, seed=11) for _ in range(2))
    first_epoch = rows(batches)
    assert rows(other) == first_epoch
    batches.on_epoch_end()
    batches.on_epoch_end()
    other.set_epoch(2)
    assert batches.epoch == 2 and rows(batches) == rows(other) != first_epoch
    batches.set_epoch(0)
    assert rows(batches) == first_epoch
    assert rows(pair_batches(lengths, batch_size=3, seed=13)) != first_epoch


def test_without_shuffling_all_epochs_are_the_same():
    batches = pair_batches([(length % 7 + 1, 5) for length in range(53)], batch_size=3, shuffle=False)
    first_epoch = rows(batches)
    batches.on_epoch_end()
    assert rows(batches) == first_epoch


@settings(max_examples=100)
@given(LENGTHS, st.integers(1, 7), st.integers(0, 5))
@example([(1, 2), (2, 1), (2, 2)], 1, 0)
def test_the_first_two_batches_differ_in_every_length_in_which_any_two_do(lengths, batch_size, epoch):
    """``keras.Model.fit`` reads from these two which axes vary, and fails later at any other.

    Two such batches always exist: of two that differ in source length alone, one is unlike any third batch of
    another target length in both.
    """
    batches = pair_batches(lengths, batch_size=batch_size, source_buckets=3, target_buckets=2)
    batches.set_epoch(epoch)
    padded_lengths = np.array(shapes(batches))[:, 1:]
    varies = (padded_lengths != padded_lengths[0]).any(axis=0)
    assert (padded_lengths[:2].max(axis=0) != padded_lengths[:2].min(axis=0)).tolist() == varies.tolist()


FITTED_EAGERLY = pytest.mark.slow(
    guard="tests/package/training/test_batches.py::test_keras_fit_takes_the_batches"
)


@pytest.mark.parametrize(
    ("lengths", "run_eagerly"),
    [
        ([(length, 5) for length in (2, 2, 2, 3, 3, 7, 7)], True),
        pytest.param([(length, 5) for length in (2, 2, 2, 3, 3, 7, 7)], False, marks=FITTED_EAGERLY),
        ([(3, 5)] * 2 + [(3, 7)] * 2 + [(11, 5)] * 2, True),
    ],
    ids=["targets_of_one_length", "compiled-targets_of_one_length", "the_first_is_like_each_other_one"],
)
def test_keras_fit_takes_the_batches(lengths, run_eagerly):
    source_ids, target_ids = (sentences(side, 13) for side in zip(*lengths, strict=True))
    batches = PairBatches(source_ids, target_ids, batch_size=2, shuffle=False)
    model = Seq2Seq(Seq2SeqConfig(13, 13, 2, 3, 5, cell="gru", bidirectional=False, attention="none"))
    model.compile(keras.optimizers.SGD(0.5), MaskedCrossEntropy(), run_eagerly=run_eagerly)
    history = model.fit(batches, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]


NOISE = Noise(drop=0.3, swap=0.5, blank=0.2)


def noisy_batches(**options):
    """Pairs whose sources are distinct words: 100 times the pair's number, and 1, 2 and so on."""
    ids = [[100 * row + place for place in range(1, 3 + row % 5)] + [3] for row in range(1, 24)]
    targets = [[100 * row, 3] for row in range(1, 24)]
    return PairBatches(ids, targets, batch_size=5, source_buckets=2, **options)


def all_of(batches):
    return [batches[index] for index in range(len(batches))]


def test_noise_is_a_function_of_seed_epoch_and_batch():
    batches, other = (noisy_batches(noise=NOISE, seed=7, shuffle=False) for _ in range(2))
    first = all_of(batches)
    batches.set_epoch(1)
    other.set_epoch(1)
    second = all_of(batches)
    for index in reversed(range(len(second))):  # as a run that goes on from there reads them
        for one, again in zip(second[index][0].values(), other[index][0].values(), strict=True):
            np.testing.assert_array_equal(one, again)
    third = all_of(noisy_batches(noise=NOISE, seed=8, shuffle=False))
    for (inputs, _), (later, _), (others, _) in zip(first, second, third, strict=True):
        assert (inputs["source_ids"] != later["source_ids"]).any()
        assert (inputs["source_ids"] != others["source_ids"]).any()


def test_noise_changes_no_shape_no_target_and_no_pair_order():
    clean, noisy = all_of(noisy_batches(seed=7)), all_of(noisy_batches(seed=7, noise=NOISE))
    for (inputs, targets), (noisy_inputs, noisy_targets) in zip(clean, noisy, strict=True):
        assert inputs["source_ids"].shape == noisy_inputs["source_ids"].shape
        np.testing.assert_array_equal(targets, noisy_targets)
        np.testing.assert_array_equal(inputs["decoder_inputs"], noisy_inputs["decoder_inputs"])
        assert noisy_inputs["source_ids"].dtype == inputs["source_ids"].dtype
    none = all_of(noisy_batches(seed=7, noise=Noise()))
    for (inputs, _), (same, _) in zip(clean, none, strict=True):
        np.testing.assert_array_equal(inputs["source_ids"], same["source_ids"])


def test_what_can_be_copied_follows_the_words_and_a_lost_word_is_unknown():
    """All words can only be copied, from id 1000 on; the target holds the source's first two words."""
    words = [[1000 + place for place in range(5)] + [3] for _ in range(37)]
    sources = [[10 + place for place in range(5)] + [3] for _ in range(37)]
    targets = [[1000, 1001, 7, 3] for _ in range(37)]
    options = {"copy_ids": words, "copies_from": 1000, "noise": NOISE, "batch_size": 37}
    ((inputs, noisy_targets),) = all_of(PairBatches(sources, targets, **options))
    read, copied = inputs["source_ids"], inputs["copy_ids"]
    seen = (read > 3) & (read < 1000)
    np.testing.assert_array_equal(copied[seen], read[seen] + 990)
    assert (copied[read == 1] >= 1000).all() and (read == 1).any()  # a blanked word can be copied
    assert ((read == 0) == (copied == 0)).all() and ((read == 3) == (copied == 3)).all()
    for row in range(37):
        expected = [word if word in copied[row] else 1 for word in (1000, 1001)]
        assert noisy_targets[row].tolist() == [*expected, 7, 3]
        assert inputs["decoder_inputs"][row].tolist() == [2, *expected, 7]
    assert 1 in noisy_targets and 1000 in noisy_targets


def test_vectors_refuse_noise():
    vectors = [np.ones((3, 2), "float32")]
    with pytest.raises(ValueError, match="Expected no noise beside vectors, which are no words; received"):
        PairBatches(vectors, [[5, 3]], noise=NOISE)
    assert len(PairBatches(vectors, [[5, 3]], noise=Noise())) == 1


@pytest.mark.parametrize(
    ("source_ids", "target_ids", "options", "message"),
    [
        ([], [], {}, "Expected at least one pair.*; received 0 sources and 0 targets"),
        ([[5], [6]], [[7]], {}, "as many sources as targets; received 2 sources and 1 targets"),
        ([[5], []], [[7], [8]], {}, "Expected no empty list of ids; received one"),
        ([[5], [6]], [[7], []], {}, "Expected no empty list of ids; received one"),
        ([[5]], [[7]], {"batch_size": 0}, "Expected batch_size of at least 1; received 0"),
        ([[5]], [[7]], {"source_buckets": 0}, "Expected source_buckets of at least 1; received 0"),
        ([[5]], [[7]], {"target_buckets": -1}, "Expected target_buckets of at least 1; received -1"),
    ],
)
def test_impossible_batches_are_errors(source_ids, target_ids, options, message):
    with pytest.raises(ValueError, match=message):
        PairBatches(source_ids, target_ids, **options)


def corpus_batches(name, **options):
    """The batches that a preset trains on; what the ids are does not matter here, so all are the same."""
    preset = presets.PRESETS[name]
    corpus = load(name, **{**preset.corpus, **options})
    cleaning = preset.pipeline.get("cleaning")
    longest = preset.pipeline.get("max_source_length", 100), preset.pipeline.get("max_output_length", 100)
    sides = []
    for side, how in enumerate((corpus.source_tokens, corpus.target_tokens)):
        texts = (pair[side] for pair in corpus.train)
        tokens = [tokenize(clean(text, **cleaning) if cleaning else text, how) for text in texts]
        sides.append([[7] * (len(sentence) + 1) for sentence in tokens])
    pairs = [
        pair for pair in zip(*sides, strict=True) if len(pair[0]) <= longest[0] and len(pair[1]) <= longest[1]
    ]
    return PairBatches(*zip(*pairs, strict=True))


def expect_little_padding(batches, share):
    assert 0 < batches.padding_share() <= share
    assert 1 < len({shape[1:] for shape in shapes(batches)}) <= 32


def test_dates_have_little_padding():
    expect_little_padding(corpus_batches("dates", train_size=5000, dev_size=1, test_size=1), 0.10)


@pytest.mark.slow(guard="tests/package/training/test_batches.py::test_dates_have_little_padding")
def test_pronunciations_have_little_padding():
    expect_little_padding(corpus_batches("pronunciations"), 0.10)


@pytest.mark.slow(guard="tests/package/training/test_batches.py::test_dates_have_little_padding")
def test_chitchat_has_little_padding():
    expect_little_padding(corpus_batches("chitchat"), 0.20)


CORNELL = os.path.join(os.environ.get("S2S_LESSON_DATA", ""), "cornell")


@pytest.mark.slow(guard="tests/package/training/test_batches.py::test_dates_have_little_padding")
@pytest.mark.skipif(not os.path.isdir(CORNELL), reason="S2S_LESSON_DATA/cornell is not there")
def test_cornell_has_little_padding():
    expect_little_padding(corpus_batches("cornell"), 0.20)


def test_what_is_no_id_is_an_error_and_not_cut_off():
    pairs = [[5, 6, 3], [7, 3]], [[8, 3], [9, 3]]
    with pytest.raises(TypeError, match=r"row 1 of source_ids as whole numbers; received \[0.7, 0.2\]"):
        PairBatches([[5, 6, 3], [0.7, 0.2]], pairs[1])
    with pytest.raises(TypeError, match="row 0 of target_ids as whole numbers"):
        PairBatches(pairs[0], [np.array([8.0, 3.0]), [9, 3]])
    with pytest.raises(ValueError, match=r"row 1 of copy_ids from 0 to .*; received -1 to 3"):
        PairBatches(*pairs, copy_ids=[[5, 6, 3], [-1, 3]])


def test_sources_of_vectors_are_bucketed_and_padded_as_ids_are():
    generator = np.random.default_rng(0)
    lengths = [(row % 7 + 1, row % 3 + 1) for row in range(23)]
    sources = [generator.normal(size=(length, 5)) for length, _ in lengths]
    target_ids = [[100 + row] + [5] * (target - 1) for row, (_, target) in enumerate(lengths)]
    options = {"batch_size": 3, "seed": 11}
    batches, of_ids = PairBatches(sources, target_ids, **options), pair_batches(lengths, **options)
    assert rows(batches) == rows(of_ids)
    assert batches.padding_share() == of_ids.padding_share()
    for index in range(len(batches)):
        inputs, expected = batches[index][0], of_ids[index][0]
        assert list(inputs) == ["source_vectors", "source_mask", "decoder_inputs"]
        np.testing.assert_array_equal(inputs["source_mask"], expected["source_ids"] != 0)
        np.testing.assert_array_equal(inputs["decoder_inputs"], expected["decoder_inputs"])
        for place, row in enumerate(batches.rows(index)):
            vectors = inputs["source_vectors"][place]
            np.testing.assert_allclose(vectors[: len(sources[row])], sources[row], rtol=1e-6)
            assert not vectors[len(sources[row]) :].any()


def test_vectors_have_weights_as_ids_have():
    batches = PairBatches([np.ones((2, 3)), np.ones((5, 3))], [[7, 3], [5, 3]], weights=[0, 2])
    ((inputs, targets, weights),) = [batches[index] for index in range(len(batches))]
    assert inputs["source_vectors"].shape == (1, 5, 3) and targets.tolist() == [[5, 3]]
    assert weights.tolist() == [2]


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        (
            [np.ones((2, 3)), [[1, 2, np.nan]]],
            {},
            "finite numbers in row 1 of sources; received nan at place 0, f",
        ),
        (
            [np.ones((2, 3)), np.ones((2, 5))],
            {},
            "vectors of 3 features in every row, .*; received 5 in row 1",
        ),
        ([np.ones((2, 3)), np.ones((0, 3))], {}, "Expected no empty list"),
        ([np.ones((2, 3)), [5, 3]], {}, "as row 1 of sources"),
        ([[5, 3], np.ones((2, 3))], {}, "Expected row 1 of source_ids as one list of ids"),
        (
            [np.ones((2, 3)), np.ones((1, 3))],
            {"copy_ids": [[5, 3], [3]]},
            "Expected no copy_ids beside vectors",
        ),
    ],
)
def test_vectors_that_cannot_be_used_are_errors(sources, options, message):
    with pytest.raises(ValueError, match=message):
        PairBatches(sources, [[7, 3], [5, 3]], **options)
