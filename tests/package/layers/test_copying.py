"""Copy attention: equal to a NumPy reference, keeps the promises, and writes words that it does not know."""

import keras
import numpy as np
import pytest
import reference
from small_models import randomise, small_batch
from uncompiled import uncompiled

from s2s_lesson.data import ExtendedVocabulary, Vocabulary, shift_right
from s2s_lesson.layers import CopyDecoder, Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline import TextToText
from s2s_lesson.search import Constraints, beam_search
from s2s_lesson.training import PairBatches

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
VOCAB_SIZE, LENGTHS = 29, ((7, 2, 5), (3, 5, 1))
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 11, "copy": True}
ORDERS = {
    "after_rnn": {"attention": "luong_general"},
    "into_rnn-coverage": {"attention": "bahdanau", "attention_order": "into_rnn", "coverage": True},
}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def make_model(order):
    model = Seq2Seq(Seq2SeqConfig(31, VOCAB_SIZE, **SIZES, **ORDERS[order]))
    randomise(model)
    return model


@pytest.fixture(scope="module", params=ORDERS)
def model(request):
    return make_model(request.param)


def copy_batch(source_lengths=LENGTHS[0], target_lengths=LENGTHS[1]):
    """A batch in which known words, unknown words and one word twice are to be copied."""
    batch = small_batch(source_lengths, target_lengths)
    columns = np.arange(batch["source_ids"].shape[1])
    copy_ids = np.where(columns % 2, 4 + columns, VOCAB_SIZE + columns)
    copy_ids[4] = VOCAB_SIZE  # the word of position 0 once more
    batch["copy_ids"] = np.where(batch["source_ids"] != 0, copy_ids, 0).astype("int32")
    batch["decoder_inputs"][0, 1] = VOCAB_SIZE  # a copied word comes in as the unknown one
    return batch


def test_the_mixture_equals_the_reference(model):
    batch = copy_batch()
    state = model.encode(batch["source_ids"], batch["copy_ids"])
    logits, weights = (numpy(part) for part in model.decode(batch["decoder_inputs"], state))
    decoder, probabilities = model.decoder, np.exp(logits.astype("float64"))
    np.testing.assert_allclose(probabilities[0].sum(axis=-1), 1, rtol=1e-5)
    kernel, bias = (weight.astype("float64") for weight in decoder.output_layer.get_weights())
    gate, gate_bias = (weight.astype("float64")[:] for weight in decoder.generate_layer.get_weights())
    embeddings = decoder.embedding.get_weights()[0]
    for row, target_length in enumerate(LENGTHS[1]):
        source_length, row_state = LENGTHS[0][row], state
        for step in range(target_length):
            token_ids = batch["decoder_inputs"][:, step]
            _, row_state = model.step(token_ids, row_state)
            hidden = numpy(row_state["recurrent_state"][-1][0])[row]
            values = numpy(state["values"])[row, :source_length]
            context = weights[row, step, :source_length] @ values
            token = token_ids[row] if token_ids[row] < VOCAB_SIZE else Vocabulary.unk_id
            score = np.concatenate([context, hidden, embeddings[token]]) @ gate[:, 0] + gate_bias[0]
            generate = reference.sigmoid(score)
            attended = numpy(row_state["attended"])[row]
            expected = np.zeros(VOCAB_SIZE + 7)
            expected[:VOCAB_SIZE] = generate * reference.softmax(attended @ kernel + bias)
            for position in range(source_length):
                copied = batch["copy_ids"][row, position]
                expected[copied] += (1 - generate) * weights[row, step, position]
            np.testing.assert_allclose(probabilities[row, step], expected, **CLOSE)


def test_steps_equal_one_call(model):
    batch = copy_batch((7, 2, 5), (5, 5, 5))
    state = model.encode(batch["source_ids"], batch["copy_ids"])
    logits, _ = model.decode(batch["decoder_inputs"], state)
    for place in range(5):
        step_logits, state = model.step(batch["decoder_inputs"][:, place], state)
        np.testing.assert_allclose(numpy(step_logits), numpy(logits)[:, place], rtol=1e-4, atol=1e-4)


def test_padding_order_and_batch_mates_change_nothing(model):
    batch = copy_batch()
    probabilities = np.exp(numpy(model(batch)))
    order = [2, 0, 1]
    padded = {name: np.pad(ids[order], [(0, 0), (0, 2)]) for name, ids in batch.items()}
    other = np.exp(numpy(model(padded)))
    for place, row in enumerate(order):
        length = LENGTHS[1][row]
        np.testing.assert_allclose(other[place, :length, :-2], probabilities[row, :length], **CLOSE)
        assert other[place, :length, -2:].max() < 1e-20


def test_an_all_padding_row_gives_finite_outputs(model):
    batch = copy_batch((7, 0, 5), (3, 5, 0))
    logits, attention_weights = model.decode(
        batch["decoder_inputs"], model.encode(batch["source_ids"], batch["copy_ids"])
    )
    assert np.isfinite(numpy(logits)).all() and not numpy(attention_weights)[1].any()


def test_the_projects_search_decodes_with_it(model):
    batch = copy_batch()
    state = model.encode(batch["source_ids"], batch["copy_ids"])
    result = beam_search(
        model.step, state, bos_id=2, eos_id=3, max_output_length=5, beam_size=3, compile_step=False
    )
    targets = result.sequences[:, 0]
    logits, _ = model.decode(shift_right(targets), state)
    log_probs = np.take_along_axis(numpy(logits), targets[..., None], axis=-1)[..., 0]
    real = np.arange(targets.shape[1]) < result.lengths
    np.testing.assert_allclose((log_probs * real).sum(axis=1), result.scores[:, 0], rtol=1e-4, atol=1e-4)


def test_a_saved_model_gives_the_same_logits(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.decoder) is CopyDecoder
    np.testing.assert_array_equal(numpy(loaded(copy_batch())), numpy(model(copy_batch())))


def test_an_extended_vocabulary_by_hand():
    vocab = Vocabulary(["at", "noon"])  # 4, 5
    words = ExtendedVocabulary(vocab, ["Ada", "at", "Bob", "Ada", "</s>"])
    assert words.copy_ids() == [6, 4, 8, 6, 10, 3]
    assert words.encode(["Bob", "noon", "Eve", "Ada"]) == [8, 5, 1, 6, 3]
    assert [words.token(index) for index in (3, 4, 6, 8, 10)] == ["</s>", "at", "Ada", "Bob", "</s>"]


def test_batches_hold_the_copy_ids():
    batches = PairBatches([[7, 3], [8, 9, 3]], [[4, 3], [5, 3]], shuffle=False, source_buckets=1,
        target_buckets=1, copy_ids=[[11, 3], [4, 12, 3]])  # fmt: skip
    inputs, _ = batches[0]
    assert inputs["copy_ids"].tolist() == [[11, 3, 0], [4, 12, 3]]


def visits(count, seed):
    """Pairs such as "dax visits wug" -> "wug hosts dax", of words that hardly any other pair has."""
    letters = np.random.default_rng(seed).choice(list("abcdefghijklmnopqrstuvwxyz"), (count, 2, 5))
    names = [["".join(name) for name in pair] for pair in letters]
    return [(f"{guest} visits {host}", f"{host} hosts {guest}") for guest, host in names]


def pipeline_for(pairs):
    """A pipeline whose vocabularies hold no name."""
    keras.utils.set_random_seed(0)
    sizes = {"embedding_dim": 8, "encoder_units": 16, "decoder_units": 16, "min_count": 3, "copy": True}
    pipeline = TextToText.from_pairs(pairs, source_tokens="whitespace", target_tokens="whitespace", **sizes)
    assert pipeline.target_vocab.tokens[4:] == ("hosts",)
    return pipeline


@uncompiled()
def test_a_model_that_only_copies_writes_words_that_it_does_not_know():
    """With the gate on copying, all it can write is in the source; and it learns to do so when it should."""
    train, test = visits(30, seed=0), visits(5, seed=1)
    pipeline = pipeline_for(train)
    options = {"batch_size": 30, "learning_rate": 0.02, "progress": False}
    losses = pipeline.fit(train, test, epochs=3, **options)["loss"]
    assert losses[2] < losses[1] < losses[0]
    kernel, bias = pipeline.model.decoder.generate_layer.get_weights()
    pipeline.model.decoder.generate_layer.set_weights([0 * kernel, 0 * bias - 99])
    sources = [source for source, _ in test]
    predictions = pipeline.predict(sources, constraints=Constraints(min_output_length=3))
    for source, prediction in zip(sources, predictions, strict=True):
        assert len(prediction.tokens) >= 3 and set(prediction.tokens) <= {*source.split(), "</s>"}
    with pytest.raises(
        ValueError, match=r"Expected label_smoothing 0 for a model that copies or points; received 0\.1"
    ):
        pipeline.fit(train, test, epochs=1, label_smoothing=0.1)


@pytest.mark.slow(
    guard="tests/package/layers/test_copying.py::test_a_model_that_only_copies_writes_words_that_it_does_not_know"
)
def test_it_learns_to_write_words_that_it_does_not_know():
    train, test = visits(600, seed=0), visits(50, seed=1)
    pipeline = pipeline_for(train)
    pipeline.fit(train, test, epochs=12, batch_size=32, learning_rate=0.02, progress=False)
    predictions = pipeline.predict([source for source, _ in test])
    right = [prediction.text == target for prediction, (_, target) in zip(predictions, test, strict=True)]
    assert np.mean(right) > 0.9
    assert predictions[0].attention_weights.shape == (4, 4)


def test_impossible_uses_are_errors(model):
    with pytest.raises(ValueError, match=r"Expected copy_ids, .* received None"):
        model.encode(copy_batch()["source_ids"])
    with pytest.raises(ValueError, match="Expected an attention for copy; received 'none'"):
        Seq2SeqConfig(31, 29, copy=True, attention="none")
    with pytest.raises(ValueError, match="Expected an attention to copy with; received 'none'"):
        CopyDecoder(Seq2SeqConfig(31, 29, attention="none"))
    with pytest.raises(ValueError, match="Expected no copy with a self-attention decoder"):
        Seq2SeqConfig(31, 29, copy=True, decoder="self_attention")
