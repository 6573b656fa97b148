"""Pointer networks: equal to their equations, padded or not, and searched like any other model."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from reference import attention_weights_of, bahdanau, recurrent, softmax
from small_models import randomise
from uncompiled import uncompiled

from s2s_lesson import engine
from s2s_lesson.corpora import points
from s2s_lesson.data import Vocabulary
from s2s_lesson.models import PointerBatches, PointerNetwork, pointer_batch, positions_of
from s2s_lesson.models.pointer_network import FIRST_ID
from s2s_lesson.search import beam_search, greedy_search
from s2s_lesson.training import MaskedCrossEntropy, TokenAccuracy, compile_model, fit

BOS, EOS = Vocabulary.bos_id, Vocabulary.eos_id
ENDS = {"bos_id": BOS, "eos_id": EOS}
INPUT_DIM = 3
VARIANTS = {
    "as_published": {"units": 11},
    "both_ways": {"units": 14, "bidirectional": True},
    "see_elements": {"units": 11, "see_elements": True},
    "glimpse": {"units": 11, "glimpse": True},
    "mask_chosen": {"units": 11, "mask_chosen": True},
    "everything": {
        "units": 14,
        "bidirectional": True,
        "see_elements": True,
        "glimpse": True,
        "mask_chosen": True,
    },
}
MODELS = {}


def small_network(variant):
    """The network of a variant, with random weights; all tests share it, so do not train it."""
    if variant not in MODELS:
        MODELS[variant] = PointerNetwork(INPUT_DIM, **VARIANTS[variant])
        randomise(MODELS[variant])
    return MODELS[variant]


def examples(source_lengths=(7, 2, 5), target_lengths=(3, 2, 5), seed=0):
    """Random sources, and for each some of its positions, none twice."""
    generator = np.random.default_rng(seed)
    vectors = [generator.normal(size=(length, INPUT_DIM)).astype("float32") for length in source_lengths]
    lengths = zip(source_lengths, target_lengths, strict=True)
    return vectors, [generator.permutation(source)[:target].tolist() for source, target in lengths]


def encoded(model, inputs):
    return model.encode(inputs["source_vectors"], inputs["source_mask"])


def decoded(model, inputs):
    logits, weights = model.decode(inputs["decoder_inputs"], encoded(model, inputs))
    return ops.convert_to_numpy(logits), ops.convert_to_numpy(weights)


# The equations once more, for one source of real elements.


def forward(options, weights, elements, positions):
    """The logits for the end and for each position, one row a step.

    Sources: Vinyals et al. 2015, section 2.3, arXiv:1506.03134; Vinyals et al. 2016, section 4.3,
    arXiv:1511.06391.
    """
    read, ends = [], []
    for direction, layer in enumerate(weights["encoder"]):
        order = slice(None, None, -1) if direction else slice(None)
        zeros = [np.zeros(layer[1].shape[0])] * 2
        outputs, end = recurrent("lstm", elements[order], zeros, layer)
        read.append(outputs[order])
        ends.append(end)
    encoder_outputs = np.concatenate(read, axis=-1)
    state = [np.concatenate(both) for both in zip(*ends, strict=True)]
    fed = np.concatenate([weights["begin_element"], elements[positions]])
    queries, _ = recurrent("lstm", fed, state, weights["decoder"])
    if options.get("see_elements"):
        encoder_outputs = np.concatenate([encoder_outputs, elements], axis=-1)
        queries = np.concatenate([queries, fed], axis=-1)
    keys = np.concatenate([weights["end_key"], encoder_outputs])
    logits = []
    for step, query in enumerate(queries):
        if options.get("glimpse"):
            scores = np.array([bahdanau(query, key, *weights["glimpse"]) for key in keys])
            query = np.concatenate([query, softmax(scores) @ keys])
        row = np.array([bahdanau(query, key, *weights["pointer"]) for key in keys])
        if options.get("mask_chosen"):
            row[1 + np.array(positions[:step], int)] = -1e30
        logits.append(row)
    return np.array(logits)


def weights_of(model):
    def arrays(layer):
        return [np.asarray(weight, "float64") for weight in layer.get_weights()]

    encoder = model.encoder
    both = [encoder.forward_layer, encoder.backward_layer] if model.options["bidirectional"] else [encoder]
    return {
        "encoder": [arrays(layer) for layer in both],
        "decoder": arrays(model.decoder),
        "pointer": attention_weights_of(model.pointer),
        "glimpse": attention_weights_of(model.glimpse) if model.options["glimpse"] else None,
        "begin_element": np.asarray(model.begin_element, "float64")[0],
        "end_key": np.asarray(model.end_key, "float64")[0],
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_network_computes_the_equations(variant):
    model = small_network(variant)
    vectors, positions = examples((7, 2, 5, 1), (3, 2, 5, 0))
    inputs, _ = pointer_batch(vectors, positions, length=11)
    padding = ~inputs["source_mask"]
    inputs["source_vectors"][padding] = np.random.default_rng(1).normal(size=(padding.sum(), INPUT_DIM))
    logits, pointer_weights = decoded(model, inputs)
    assert logits.shape == (4, 12, FIRST_ID + 11) and pointer_weights.shape == (4, 12, 11)
    for row, (elements, chosen) in enumerate(zip(vectors, positions, strict=True)):
        expected = forward(VARIANTS[variant], weights_of(model), elements.astype("float64"), chosen)
        steps, choices = expected.shape
        np.testing.assert_allclose(logits[row, :steps, EOS : EOS + choices], expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            pointer_weights[row, :steps, : choices - 1], softmax(expected)[:, 1:], atol=1e-5
        )
        assert (logits[row, :, :EOS] < -1e29).all() and (logits[row, :, EOS + choices :] < -1e29).all()


# Promises.


@settings(max_examples=6)
@given(
    variant=st.sampled_from(("as_published", "everything")),
    source_lengths=st.tuples(*[st.sampled_from((1, 3, 7))] * 3),
    more=st.sampled_from((0, 4)),
    seed=st.integers(0, 99),
)
def test_neither_padding_nor_other_rows_change_a_row(variant, source_lengths, more, seed):
    model = small_network(variant)
    vectors, positions = examples(source_lengths, [length // 2 for length in source_lengths], seed)
    inputs, _ = pointer_batch(vectors, positions, length=max(source_lengths) + more)
    logits, pointer_weights = decoded(model, inputs)
    for row, (elements, chosen) in enumerate(zip(vectors, positions, strict=True)):
        alone, _ = pointer_batch([elements], [chosen])
        alone_logits, alone_weights = decoded(model, alone)
        steps, width = alone_logits.shape[1:]
        np.testing.assert_allclose(logits[row, :steps, :width], alone_logits[0], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            pointer_weights[row, :steps, : width - FIRST_ID], alone_weights[0], atol=1e-6
        )


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_step_after_the_other_is_the_whole_target(variant):
    model = small_network(variant)
    inputs, _ = pointer_batch(*examples(target_lengths=(4, 2, 4)))
    logits, _ = decoded(model, inputs)
    state = encoded(model, inputs)
    for index in range(3):
        step_logits, next_state = model.step(inputs["decoder_inputs"][:, index], state)
        keras.tree.assert_same_structure(next_state, state)
        np.testing.assert_allclose(ops.convert_to_numpy(step_logits), logits[:, index], rtol=1e-5, atol=1e-5)
        state = next_state


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_state_has_the_row_axis_first(variant):
    model = small_network(variant)
    state = encoded(model, pointer_batch(*examples())[0])
    assert {leaf.shape[0] for leaf in keras.tree.flatten(state)} == {3}
    assert ("chosen" in state) == model.options["mask_chosen"]
    assert state["keys"].shape == (3, 8, model.options["units"])


def test_calling_a_network_is_encoding_and_decoding():
    model, (inputs, _) = small_network("as_published"), pointer_batch(*examples())
    np.testing.assert_array_equal(ops.convert_to_numpy(model(inputs)), decoded(model, inputs)[0])


def test_no_mask_means_that_all_elements_are_real():
    model, (inputs, _) = small_network("as_published"), pointer_batch(*examples((5, 5), (3, 2)))
    state = model.encode(inputs["source_vectors"])
    logits, _ = model.decode(inputs["decoder_inputs"], state)
    np.testing.assert_array_equal(ops.convert_to_numpy(logits), decoded(model, inputs)[0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_row_of_nothing_but_padding_gives_the_end_and_no_nan(variant):
    model = small_network(variant)
    inputs, _ = pointer_batch(*examples((5, 3), (2, 3)))
    inputs["source_mask"][0] = False
    inputs["decoder_inputs"][0] = [BOS, 0, 0, 0]
    logits, _ = decoded(model, inputs)
    assert np.isfinite(logits).all()
    assert (logits[0].argmax(axis=-1) == EOS).all()
    result = greedy_search(
        model.step, encoded(model, inputs), max_output_length=7, compile_step=False, **ENDS
    )
    assert positions_of(result.sequences[:, 0])[0] == []


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_gives_no_nan(policy):
    model = PointerNetwork(INPUT_DIM, **VARIANTS["everything"], dtype=policy)
    inputs, _ = pointer_batch(*examples())
    inputs["source_mask"][1] = False
    logits, pointer_weights = model.decode(inputs["decoder_inputs"], encoded(model, inputs))
    for array in (logits, pointer_weights):
        assert np.isfinite(ops.convert_to_numpy(ops.cast(array, "float32"))).all()


# Masking and searching.


def test_nothing_is_chosen_twice_when_masked():
    model = small_network("mask_chosen")
    inputs, _ = pointer_batch(*examples((7, 2, 5)))
    for beam_size in (1, 3):
        result = beam_search(
            model.step,
            encoded(model, inputs),
            beam_size=beam_size,
            n_best=beam_size,
            max_output_length=8,
            compile_step=False,
            **ENDS,
        )
        for rank in range(beam_size):
            chosen = positions_of(result.sequences[:, rank])
            for positions, length in zip(chosen, (7, 2, 5), strict=True):
                assert len(set(positions)) == len(positions) <= length
                assert not positions or 0 <= min(positions) <= max(positions) < length


@pytest.mark.parametrize(("variant", "again"), [("as_published", True), ("mask_chosen", False)])
def test_the_mask_decides_whether_a_position_can_be_chosen_again(variant, again):
    model = small_network(variant)
    inputs, _ = pointer_batch(*examples((7, 5, 5), (3, 3, 3)))
    logits, _ = decoded(model, inputs)
    for step in range(1, 4):
        for earlier in range(1, step + 1):
            chosen = logits[np.arange(3), step, inputs["decoder_inputs"][:, earlier]]
            assert (np.abs(chosen) < 1e3).all() if again else (chosen < -1e29).all()
    assert (np.abs(logits[:, :, EOS]) < 1e3).all()


@pytest.mark.parametrize("variant", ["as_published", "everything"])
def test_greedy_search_chooses_what_the_whole_target_finds_likeliest(variant):
    model = small_network(variant)
    vectors, _ = examples((7, 5, 5))
    inputs, _ = pointer_batch(vectors, [[]] * 3)
    options = {"max_output_length": 6, "compile_step": False, **ENDS}
    ids = greedy_search(model.step, encoded(model, inputs), **options).sequences[:, 0]
    decoder_inputs = np.concatenate([np.full((3, 1), BOS), ids[:, :-1]], axis=1)
    logits, _ = model.decode(decoder_inputs, encoded(model, inputs))
    best = ops.convert_to_numpy(logits).argmax(axis=-1)
    open_yet = np.cumsum(decoder_inputs == EOS, axis=1) == 0
    np.testing.assert_array_equal(best[open_yet], ids[open_yet])


def test_a_compiled_step_finds_the_same():
    model = small_network("everything")
    state = encoded(model, pointer_batch(*examples())[0])
    step = engine.compile_function(model.step, model)
    for result, expected in zip(
        greedy_search(step, state, max_output_length=6, **ENDS)[:5],
        greedy_search(model.step, state, max_output_length=6, compile_step=False, **ENDS)[:5],
        strict=True,
    ):
        np.testing.assert_allclose(result, expected, rtol=1e-5)


# Saving.


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_saved_network_is_the_same_to_the_last_bit(variant, tmp_path):
    model, (inputs, _) = small_network(variant), pointer_batch(*examples())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.options == model.options
    np.testing.assert_array_equal(decoded(loaded, inputs)[0], decoded(model, inputs)[0])


def test_a_compiled_network_is_saved_without_its_loss(tmp_path):
    model = PointerNetwork(INPUT_DIM, 11)
    compile_model(model)
    model.save(tmp_path / "model.keras")
    assert not keras.models.load_model(tmp_path / "model.keras").compiled


# Wrong input.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_dim": 0}, "Expected input_dim of at least 1; received 0"),
        ({"units": 0}, "Expected units of at least 1; received 0"),
        ({"bidirectional": True}, "Expected an even number of units.*; received 11"),
    ],
)
def test_impossible_sizes_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        PointerNetwork(**{"input_dim": INPUT_DIM, "units": 11, **options})


@pytest.mark.parametrize(
    ("vectors", "mask", "message"),
    [
        (np.zeros((2, 5)), None, r"Expected source_vectors of shape .*, 3\); received \(2, 5\)"),
        (np.zeros((2, 5, 1)), None, r"received \(2, 5, 1\)"),
        (np.zeros((1, 3, 3)), np.array([[False, True, True]]), "source_mask with padding on the right alone"),
        (np.zeros((2, 5, 3)), np.ones((2, 4), bool), r"Expected a source_mask of shape \(2, 5\).*\(2, 4\)"),
    ],
)
def test_wrong_shapes_are_errors(vectors, mask, message):
    with pytest.raises(ValueError, match=message):
        small_network("as_published").encode(vectors, mask)


def sort_three(size, seed):
    return points.sorting(size, 3, seed)


# Training.


def sorted_share(model, size=500):
    vectors, positions = sort_three(size, seed=10**6)
    inputs, _ = pointer_batch(vectors, positions)
    step = engine.compile_function(model.step, model)
    ids = greedy_search(step, encoded(model, inputs), max_output_length=4, **ENDS).sequences[:, 0]
    pairs = zip(positions_of(ids), positions, strict=True)
    return sum(answer == right.tolist() for answer, right in pairs) / size


@pytest.mark.slow(guard="tests/package/models/test_pointer_network.py::test_plain_keras_trains_it_too")
def test_it_learns_to_sort_three_numbers():
    engine.seed_everything(0)
    model = PointerNetwork(1, 32, see_elements=True, mask_chosen=True)
    compile_model(model, learning_rate=1e-2)
    assert sorted_share(model) < 0.5
    train = PointerBatches(sort_three, 3, batch_size=128, steps=150)
    dev = PointerBatches(sort_three, 3, batch_size=128, steps=2, seed=1)
    history = fit(model, train, dev, epochs=1, progress=False)
    assert history["val_accuracy"][-1] > 0.95
    assert sorted_share(model) > 0.9


@uncompiled()
def test_plain_keras_trains_it_too():
    engine.seed_everything(0)
    model = PointerNetwork(1, 11, see_elements=True, mask_chosen=True)
    model.compile("adam", MaskedCrossEntropy(), metrics=[TokenAccuracy()], jit_compile=engine.jit_compile())
    model.optimizer.learning_rate = 0.03
    history = model.fit(PointerBatches(sort_three, 3, batch_size=64, steps=3), epochs=2, verbose=0).history
    assert history["loss"][1] < 0.9 * history["loss"][0] and len(history["accuracy"]) == 2


def test_labels_are_not_smoothed_for_a_model_that_points():
    model = PointerNetwork(1, units=3)
    compile_model(model)
    with pytest.raises(
        ValueError, match=r"Expected label_smoothing 0 for a model that copies or points; received 0\.1"
    ):
        compile_model(model, label_smoothing=0.1)


def test_a_summary_says_the_shapes():
    printed = []
    PointerNetwork(input_dim=3, units=7).summary(print_fn=printed.append, line_length=100)
    text = "\n".join(printed)
    assert "?" not in text and "(None, None, None)" in text
