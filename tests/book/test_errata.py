"""The errata: whatever an entry says of code is run here, in its smallest form.

A case asserts what its entry says, and returns the errors that Python raised on the way: these its entry has
to name, in this order and no others. Entries that speak of the article alone are listed with the reason.
"""

import functools
import operator
import re

import keras
import nltk
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from book_text import entries
from nltk.tokenize import word_tokenize
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

from s2s_lesson.data import Vocabulary, clean, stop_words, tokenize
from s2s_lesson.layers import combined_mask
from s2s_lesson.training import MaskedCrossEntropy, TokenAccuracy

NUMBERED = re.compile(r"\*\*(\d[\d.]*)\*\* (.+)")
NAMED_ERRORS = re.compile(r"`\w+Error`(?: or `\w+Error`)*")
OF_LISTINGS = re.compile(r"3\.3\.(?:1[3-9]|2\d)|4\.\d\.\d+")
ENTRIES = dict(
    match.groups() for entry in entries("appendix-errata.md") if (match := NUMBERED.fullmatch(entry))
)
CASES = {}  # number of an entry -> the test that runs what it says; `erratum` fills it
ARTICLE_ALONE = {  # number of an entry of which nothing can be run -> why
    "3.2.9": "what the article calls greedy; the searches' own tests hold what `beam_size` means",
    "3.3.20": "what a name of the article says",
    "3.3.22": "which state the listing passes on",
    "4.1.9": "which limit the listing takes",
    "4.1.10": "what the listing computes again; chapter 4 measures speed",
    "4.1.15": "which arguments the listing never uses",
    "4.2.4": "which column the listing takes for source and target",
    "4.2.8": "which texts the listing counts",
    "4.2.10": "how the listing splits; chapter 6 measures what a random split shares",
    "4.2.12": "how far the listing pads; chapter 6 measures the share of padding",
    "4.3.18": "which names the listing never uses",
}


def names_the_errors(entry, errors):
    """Whether an entry names the errors that were raised, in their order, and no others."""
    named = [re.findall(r"\w+Error", names) for names in NAMED_ERRORS.findall(entry)]
    raised = [type(error).__name__ for error in errors]
    return len(named) == len(raised) and all(name in names for name, names in zip(raised, named, strict=True))


def erratum(*numbers):
    """Make a function the case of the entries with these numbers."""

    def register(case):
        @functools.wraps(case)
        def test(*arguments, **fixtures):
            errors = case(*arguments, **fixtures) or []
            for number in numbers:
                assert names_the_errors(ENTRIES[number], errors), (ENTRIES[number], errors)

        CASES.update(dict.fromkeys(numbers, test))
        return test

    return register


def unproven(texts, cases, alone):
    """The entries on listings, or with code in backticks, that have neither a case nor a reason."""
    claims = {number for number, text in texts.items() if "`" in text or OF_LISTINGS.fullmatch(number)}
    return sorted(claims - set(cases) - set(alone))


def error_of(code, *arguments, **options):
    """What a call raises; it has to raise something."""
    try:
        code(*arguments, **options)
    except Exception as error:
        return error
    pytest.fail("Expected an error; received none.")


def unpack_two(values):
    _first, _second = values


def per_row_loss():
    """A loss as listing 4.3 makes it: of probabilities, with one number for each row."""
    return keras.losses.SparseCategoricalCrossentropy(reduction="none")


def recurrent(**options):
    return keras.layers.LSTM(3, return_sequences=True, **options)


def stacked(**embedding):
    return keras.Sequential([keras.layers.Embedding(9, 5, **embedding), recurrent()])


VECTORS = np.ones((4, 3, 5), "float32")  # (batch, length, features)
UNIFORM = np.full((2, 9), 1 / 9, "float32")  # (batch, vocab_size)


# The check of the errata, and of itself


def test_each_entry_that_says_what_code_does_has_a_case():
    assert unproven(ENTRIES, CASES, ARTICLE_ALONE) == []


def test_cases_and_reasons_belong_to_entries_and_exclude_each_other():
    assert [number for number in (*CASES, *ARTICLE_ALONE) if number not in ENTRIES] == []
    assert [number for number in ARTICLE_ALONE if number in CASES] == []
    assert [number for number in ARTICLE_ALONE if NAMED_ERRORS.search(ENTRIES[number])] == []
    assert len(CASES) >= 50 and all(reason.strip() for reason in ARTICLE_ALONE.values())


def test_an_entry_without_a_case_is_found():
    texts = {"1.1": "words", "1.2": "`code`", "3.3.12": "words", "3.3.13": "words", "4.1.1": "words"}
    assert unproven(texts, {}, {}) == ["1.2", "3.3.13", "4.1.1"]
    assert unproven(texts, {"1.2": test_an_entry_without_a_case_is_found}, {"4.1.1": "why"}) == ["3.3.13"]


def test_an_entry_that_names_another_error_is_found():
    entry = "It fails: `TypeError`. So does that: `ValueError` or `KeyError`."
    assert names_the_errors(entry, [TypeError(), KeyError()])
    assert not names_the_errors(entry, [KeyError(), TypeError()])
    assert not names_the_errors(entry, [TypeError()]) and not names_the_errors("Nothing.", [TypeError()])
    assert names_the_errors("Nothing.", [])
    with pytest.raises(pytest.fail.Exception, match="received none"):
        error_of(abs, -1)


# 3.3: the three listings


@erratum("3.3.13")
def test_the_arguments_of_a_loss_are_called_otherwise():
    return [error_of(keras.losses.sparse_categorical_crossentropy, labels=[1], predictions=[[0.5, 0.5]])]


@erratum("3.3.14")
def test_gradients_of_two_lists_are_no_pairs():
    one = keras.Variable(np.ones(3, "float32"))
    gradients, variables = ([one * 1.0], [one * 1.0]), [[one], [one]]
    return [error_of(keras.optimizers.Adam().apply_gradients, zip(gradients, variables, strict=True))]


@erratum("3.3.15")
def test_a_loss_takes_logits_for_probabilities_and_does_not_complain():
    targets, logits = np.array([0, 1]), np.array([[9.0, -9.0], [-9.0, 9.0]], "float32") + 20
    taken_for_probabilities = keras.losses.SparseCategoricalCrossentropy()(targets, logits)
    assert float(taken_for_probabilities) > 0.3
    assert float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(targets, logits)) < 1e-6


@erratum("3.3.17")
def test_a_softmax_of_drawn_ids_is_no_distribution_over_words():
    drawn = np.array([7.0, 7.0, 7.0])  # ids of three samples; the vocabulary has nine words
    return [error_of(np.random.default_rng(0).choice, 9, p=np.exp(drawn) / np.exp(drawn).sum())]


@erratum("3.3.18")
def test_argmax_gives_the_same_token_each_time():
    logits = np.random.default_rng(0).normal(size=9)
    assert len({int(np.argmax(logits)) for _ in range(20)}) == 1


@erratum("3.3.19")
def test_one_random_number_decides_for_the_whole_batch():
    generator, gold, own = np.random.default_rng(0), np.full((4, 6), 1), np.full((4, 6), 2)
    assert all(len(np.unique(np.where(generator.random() < 0.5, gold, own))) == 1 for _ in range(20))
    assert len(np.unique(np.where(generator.random(gold.shape) < 0.5, gold, own))) == 2


@erratum("3.3.21")
def test_a_compiled_step_has_no_arrays():
    return [error_of(tf.function(lambda logits: tf.argmax(logits).numpy()), tf.ones(3))]


@erratum("3.3.23", "4.3.15")
def test_the_learning_rate_has_another_name():
    assert float(keras.optimizers.Adam(learning_rate=0.25).learning_rate) == 0.25
    return [error_of(keras.optimizers.Adam, lr=0.25)]


@erratum("3.3.24")
def test_there_is_no_softmax_of_whole_numbers():
    return [error_of(tf.nn.softmax, tf.constant([[4, 9, 3], [5, 3, 0]]))]


@erratum("3.3.25")
def test_outputs_of_an_encoder_and_ids_have_other_shapes():
    outputs = tf.ones((2, 7, 16))  # (batch, source_length, units)
    ids = tf.ones((2, 3))  # (batch, target_length)
    return [error_of(tf.subtract, outputs, ids)]


@erratum("3.3.26")
def test_masks_of_source_and_target_have_other_shapes():
    of_source, look_ahead = tf.zeros((2, 1, 1, 7)), tf.zeros((3, 3))
    return [error_of(tf.maximum, of_source, look_ahead)]


# 4.1: the model


@erratum("4.1.1")
def test_a_name_that_is_missing_is_noticed_when_the_method_runs():
    names = {}
    exec("class Model:\n    def predict(self):\n        return create_padding_mask([5, 0])", names)
    return [error_of(names["Model"]().predict)]


@erratum("4.1.2")
def test_a_layer_that_was_not_made_is_missing():
    return [error_of(getattr, keras.Model(), "dense")]


@erratum("4.1.3")
def test_an_encoder_whose_states_are_not_used_learns_nothing():
    encoder, decoder, sources = recurrent(), recurrent(), [VECTORS, 2 * VECTORS]
    with tf.GradientTape() as tape:
        replies = [(encoder(source), decoder(VECTORS))[1] for source in sources]
        loss = tf.reduce_sum(replies[0])
    assert tape.gradient(loss, encoder.trainable_variables) == [None] * 3
    assert np.array_equal(*replies)


@erratum("4.1.4")
def test_a_first_state_is_a_list_of_two():
    layer, zeros = recurrent(), tf.zeros((4, 3))
    assert layer(VECTORS, initial_state=[zeros, zeros]).shape == (4, 3, 3)
    refused = error_of(layer.get_initial_state, batch_size=4, dtype="float32")
    return [refused, error_of(layer, VECTORS, initial_state=[[zeros, zeros], None])]


@erratum("4.1.5")
def test_a_layer_gives_its_state_when_it_is_asked_to():
    unpack_two(recurrent()(VECTORS[:2]))  # two rows of a batch pass for output and state
    output, hidden_state, cell_state = recurrent(return_state=True)(VECTORS)
    assert output.shape == (4, 3, 3) and hidden_state.shape == cell_state.shape == (4, 3)
    return [error_of(unpack_two, recurrent()(VECTORS))]


@erratum("4.1.6")
def test_an_argmax_has_no_gradient_and_no_third_axis():
    weights = keras.Variable(np.ones((3, 9), "float32"))
    with tf.GradientTape() as tape:
        chosen = tf.cast(tf.argmax(weights.value, axis=-1), "float32")
    gradients = [(tape.gradient(chosen, weights.value), weights)]
    no_gradient = error_of(keras.optimizers.Adam().apply_gradients, gradients)
    return [no_gradient, error_of(lambda: tf.zeros((1, 2))[:, -1:, :])]


@erratum("4.1.7")
def test_five_inputs_are_not_two():
    return [error_of(unpack_two, range(5))]


@erratum("4.1.8")
def test_the_tokenizer_takes_the_brackets_off():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["<start> yes <end>"])
    assert list(tokenizer.word_index) == ["start", "yes", "end"]
    return [error_of(getattr, tokenizer, "_word_index"), error_of(lambda: tokenizer.word_index["<start>"])]


@erratum("4.1.11")
def test_the_end_is_lost_and_the_begin_token_kept():
    written = ["<start>", "a", "b", "c"]  # the loop has stopped at the end token
    assert written[:-1] == ["<start>", "a", "b"] and written[1:] == ["a", "b", "c"]


@erratum("4.1.12")
def test_a_single_list_of_ids_is_no_batch():
    ids = [5, 6]
    too_few = error_of(lambda: tf.shape(tf.constant(ids))[1])
    return [too_few, error_of(recurrent(), keras.layers.Embedding(9, 5)(tf.constant([[ids]])))]


@erratum("4.1.13")
def test_the_padding_of_the_source_hides_tokens_of_the_target():
    hidden_source = tf.constant([[0.0, 0.0, 1.0, 1.0]])  # 1 = hidden; two tokens and padding
    targets, later = np.array([[7, 5, 6, 3]]), 1 - np.tri(4)  # all four are real
    lost = np.maximum(hidden_source, later)[0] == 1
    assert np.any(lost & np.array(combined_mask(targets))[0])
    return [error_of(tf.maximum, hidden_source, tf.zeros((5, 5)))]


@erratum("4.1.14")
def test_padding_is_no_word():
    words = {1: "yes", 2: "no"}
    assert words[1.0] == "yes"
    return [error_of(lambda: words[0.0])]


@erratum("4.1.16")
def test_predict_is_a_method_of_any_model():
    class Own(keras.Model):
        def predict(self, texts):
            return texts

    assert Own().predict(["yes"]) == ["yes"]
    return [error_of(Own().predict, ["yes"], verbose=0)]


# 4.2: the data

CONVERSATION = ["u0", "u2", "m0", "['L4', 'L5']"]  # what a row of the conversations file holds


@erratum("4.2.1")
def test_a_conversation_has_four_fields():
    return [error_of(lambda: CONVERSATION[4])]


@erratum("4.2.2")
def test_a_character_is_no_number():
    return [error_of(int, CONVERSATION[0])]


@erratum("4.2.3")
def test_a_wrong_encoding_is_not_noticed():
    assert bytes(range(256)).decode("iso-8859-1")  # any byte can be read
    said = b"it\x92s"
    assert said.decode("cp1252") == "it’s" and said.decode("iso-8859-1") == "it\x92s"


@erratum("4.2.5")
def test_texts_are_no_ids():
    targets = tf.constant(["yes", "no"])
    return [error_of(lambda: targets.shape[1]), error_of(per_row_loss(), targets, UNIFORM)]


@erratum("4.2.6")
def test_cleaning_for_a_search_engine_destroys_dialogue():
    assert clean("It is not over.") == clean("It is over?")
    assert clean("At 10.") == clean("Who are you?") == ""
    assert clean("It is not over.", remove_stop_words=False) == "it is not over"


@erratum("4.2.7")
def test_neither_order_of_the_two_steps_keeps_a_negation_together():
    assert clean("Don't!", remove_stop_words=False) == "dont"
    assert "don't" in stop_words() and not {"dont", "n't"} & stop_words()
    assert word_tokenize("don't", preserve_line=True) == ["do", "n't"]  # of one line, which needs no data
    assert "do" in stop_words() and not "n't".isalpha()
    assert tokenize("don't", "casual") == ["don't"]


@erratum("4.2.9")
def test_the_old_tokenizer_works_and_drops_what_it_has_not_met():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["yes no"])
    assert tokenizer.texts_to_sequences(["yes perhaps no"]) == [[1, 2]]
    assert "DEPRECATED" in Tokenizer.__doc__
    vocabulary = Vocabulary.from_tokens([["yes", "no"]])
    assert vocabulary.encode(["perhaps"]) == [vocabulary.unk_id, vocabulary.eos_id]


@erratum("4.2.11")
def test_pandas_aligns_by_label():
    train, held_out = pd.Series([[5, 6]], index=[0]), pd.Series([[7]], index=[1])  # as a split leaves them
    both = train + held_out
    assert list(both.index) == [0, 1] and both.isna().all()
    assert max(train.map(len).max(), held_out.map(len).max()) == 2
    return [error_of(lambda: max(len(ids) for ids in both))]


@erratum("4.2.13")
def test_nltk_needs_data_that_nobody_downloaded(monkeypatch):
    monkeypatch.setattr(nltk.data, "path", [])
    return [error_of(word_tokenize, "Yes. No.")]


@erratum("4.2.14")
def test_a_folder_is_empty_unless_somebody_fills_it(tmp_path):
    return [error_of(open, tmp_path / "movie_lines.txt")]


# 4.3: the training


@erratum("4.3.1")
def test_names_differ_in_capital_letters():
    names = {"UNITS": 128, "checkpoint_dir": "runs"}
    errors = [error_of(eval, name, names) for name in ("units", "checkpoint_manager")]
    assert type(errors[1]) is type(errors[0])
    return errors[:1]


@erratum("4.3.2")
def test_a_sequential_model_takes_one_tensor_and_gives_one():
    ids = tf.ones((4, 3))
    return [error_of(unpack_two, stacked()(ids)), error_of(stacked(), [ids, ids, ids])]


@erratum("4.3.3")
def test_a_model_without_a_state_reads_the_last_token_alone():
    decoder, beginnings = stacked(), np.array([[5, 6, 7], [8, 4, 7]])
    whole = np.array(decoder(beginnings))[:, -1]
    last = np.array(decoder(beginnings[:, -1:]))[:, -1]
    assert np.allclose(*last) and not np.allclose(*whole)


@erratum("4.3.4")
def test_a_state_fits_a_decoder_of_its_width():
    state = [tf.zeros((4, 3))] * 2
    assert keras.layers.LSTM(3)(VECTORS, initial_state=state).shape == (4, 3)
    return [error_of(keras.layers.LSTM(6), VECTORS, initial_state=state)]


@erratum("4.3.5")
def test_a_list_times_a_tensor_is_multiplied():
    assert np.full(64, 7).tolist() == [7] * 64
    assert ([7] * tf.constant(64)).numpy().tolist() == [448]


@erratum("4.3.6")
def test_a_loop_from_the_second_place_asks_for_one_token_less():
    losses = [2.0] * 20
    asked = list(range(1, len(losses)))
    assert 0 not in asked and len(asked) == 19
    assert sum(losses[place] for place in asked) / len(losses) == pytest.approx(1.9)


@erratum("4.3.7")
def test_a_loss_without_a_reduction_is_no_number():
    losses = per_row_loss()(np.array([5, 6]), UNIFORM)
    assert losses.shape == (2,)
    return [error_of(operator.mod, "%.4f", losses), error_of(lambda: bool(float("inf") > losses))]


@erratum("4.3.8")
def test_the_gradient_of_a_sum_grows_with_the_padding():
    def gradient(padding, loss):
        targets = np.array([[5] + [0] * padding])
        scores = tf.Variable(tf.zeros(9))
        with tf.GradientTape() as tape:
            value = loss(targets, tf.tile(scores[None, None], (1, 1 + padding, 1)))
        return np.linalg.norm(tape.gradient(value, scores))

    summed = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    assert gradient(40, summed) > 1.9 * gradient(20, summed)
    assert gradient(40, MaskedCrossEntropy()) == pytest.approx(gradient(20, MaskedCrossEntropy()))


@erratum("3.3.16", "4.3.9")
def test_padding_makes_a_silent_model_look_good():
    targets = np.array([[5] + [0] * 19])
    silent = np.log(np.array([0.92] + [0.01] * 8, "float32")) * np.ones((1, 20, 1), "float32")  # logits
    counted = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(targets, silent)
    assert float(counted) < 0.4 and float(MaskedCrossEntropy()(targets, silent)) > 4
    accuracies = keras.metrics.SparseCategoricalAccuracy(), TokenAccuracy()
    assert [float(accuracy(targets, silent)) for accuracy in accuracies] == pytest.approx([0.95, 0])


@erratum("4.3.10")
def test_a_metric_made_within_a_compiled_step_is_refused():
    step = tf.function(lambda targets, outputs: keras.metrics.SparseCategoricalAccuracy()(targets, outputs))
    return [error_of(step, np.array([5, 6]), UNIFORM)]


@erratum("4.3.11")
def test_dropout_does_nothing_unless_told_that_this_is_training():
    ones, dropout = np.ones((2, 100), "float32"), keras.layers.Dropout(0.5, seed=0)
    assert np.array_equal(dropout(ones), ones) and np.any(np.array(dropout(ones, training=True)) == 0)


@erratum("4.3.12")
def test_an_embedding_without_a_mask_lets_padding_be_read():
    def last_states(**embedding):
        model = stacked(**embedding)
        return [np.array(model(np.array([ids])))[0, -1] for ids in ([5, 6], [5, 6, 0, 0])]

    assert not np.allclose(*last_states()) and np.allclose(*last_states(mask_zero=True))


@erratum("4.3.13")
def test_a_sum_over_all_epochs_is_no_mean_of_one():
    losses, means = [], []
    for _ in range(3):
        losses += [2.0] * 3
        means.append(sum(losses) / 3)
    assert means == [2.0, 4.0, 6.0]


@erratum("4.3.14")
def test_parameters_are_counted_once_the_input_is_known():
    model = stacked()
    unknown = error_of(model.count_params)
    model.build((None, None))
    assert model.count_params() == 9 * 5 + 4 * 3 * (5 + 3 + 1)
    return [unknown]


@erratum("4.3.16")
def test_losses_of_a_shorter_batch_cannot_be_added():
    sources = pad_sequences([[5, 6], [7], [8]], padding="post")
    batches = tf.data.Dataset.from_tensor_slices((sources, pd.Series(["yes", "no", "why"]))).batch(2)
    assert [len(source) for source, _ in batches] == [2, 1]  # padded ids beside texts do become a dataset
    return [error_of(sum, [tf.zeros(128), tf.zeros(77)])]


@erratum("4.3.17")
def test_what_nobody_saved_cannot_be_loaded(tmp_path):
    return [error_of(keras.models.load_model, str(tmp_path / "model.h5"))]


@erratum("4.3.19")
def test_the_loss_of_a_step_wants_no_axis_of_time():
    targets, loss = np.array([5, 6]), per_row_loss()
    assert loss(targets, UNIFORM).shape == (2,)
    return [error_of(loss, targets, UNIFORM[:, None])]


def test_a_softmax_and_a_loss_of_probabilities_fit_together():
    """The last point of what is right."""
    targets, logits = np.array([5, 6]), np.random.default_rng(0).normal(size=(2, 9)).astype("float32")
    of_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(targets, logits)
    of_probabilities = keras.losses.SparseCategoricalCrossentropy()(targets, tf.nn.softmax(logits))
    assert float(of_probabilities) == pytest.approx(float(of_logits), rel=1e-5)
