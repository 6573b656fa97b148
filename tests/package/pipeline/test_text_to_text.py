"""TextToText: text in, text and attention out; saving, loading, and what it does with bad input."""

import gc
import json
import weakref
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from predictions import same_predictions

from s2s_lesson import engine
from s2s_lesson.data import Vocabulary
from s2s_lesson.data.vocabulary import BOS, EOS, PAD, UNK
from s2s_lesson.pipeline import TextToText
from s2s_lesson.search import Constraints, Scoring
from s2s_lesson.training import Optimization

PAIRS = [("ab cd", "AB CD"), ("cd", "CD"), ("ab", "AB"), ("cd ab cd", "CD AB CD")]
SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}


def untrained(**options):
    options = {"source_tokens": "characters", "target_tokens": "whitespace", **SIZES, **options}
    engine.seed_everything(3)
    return TextToText.from_pairs(PAIRS, max_source_length=13, max_output_length=7, **options)


@pytest.fixture(scope="module")
def pipeline():
    return untrained()


def test_a_prediction_has_text_tokens_log_probability_and_attention(pipeline):
    prediction = pipeline.predict(["ab c"], beam_size=2)[0]
    assert prediction.source == "ab c"
    assert prediction.source_tokens == ("a", "b", " ", "c", EOS)
    assert prediction.text == " ".join(token for token in prediction.tokens if token != EOS)
    assert prediction.attention_weights.shape == (len(prediction.tokens), 5)
    np.testing.assert_allclose(prediction.attention_weights.sum(axis=1), 1, atol=1e-6)
    assert prediction.log_probability < 0
    assert prediction.score == prediction.log_probability
    assert prediction.unknown == ()


def test_alternatives_come_best_first_and_differ(pipeline):
    best = pipeline.predict(["ab"], beam_size=5, n_best=3)[0]
    outputs = [best, *best.alternatives]
    assert len(outputs) == 3
    assert len({prediction.tokens for prediction in outputs}) == 3
    scores = [prediction.score for prediction in outputs]
    assert scores == sorted(scores, reverse=True)
    assert all(prediction.alternatives == () for prediction in best.alternatives)


def test_predictions_keep_the_order_of_the_texts_and_ignore_their_batch_mates(pipeline):
    texts = ["cd ab cd ab", "a", "", "cd ab", "b"]
    together = pipeline.predict(texts, beam_size=3)
    assert [prediction.source for prediction in together] == texts
    for text, prediction in zip(texts, together, strict=True):
        alone = pipeline.predict([text], beam_size=3, batch_size=1)[0]
        assert alone.tokens == prediction.tokens
        assert alone.log_probability == pytest.approx(prediction.log_probability, abs=1e-5)
        np.testing.assert_allclose(alone.attention_weights, prediction.attention_weights, atol=1e-5)


TEXTS = ["cd ab cd ab", "a", "", "cd ab", "b", "ab cd"]  # not in the order of their lengths


@pytest.mark.parametrize("batch_size", [2, 64])
def test_each_text_has_constraints_of_its_own_whatever_its_length(pipeline, batch_size):
    prefix = ["AB AB", "", "CD", "CD AB", "CD", ""]
    required = [["CD"], ["AB CD"], ["AB"], [], ["AB", "CD CD"], ["CD", "CD"]]
    options = {"beam_size": 3, "n_best": 2, "length_penalty": 1.0}
    constraints = Constraints(prefix=prefix, required=required)
    together = pipeline.predict(TEXTS, batch_size=batch_size, constraints=constraints, **options)
    for text, first, needed, prediction in zip(TEXTS, prefix, required, together, strict=True):
        constraints = Constraints(prefix=[first], required=[needed])
        alone = pipeline.predict([text], constraints=constraints, **options)
        same_predictions([prediction], alone)
        for output in [prediction, *prediction.alternatives] if text else []:
            assert output.text.startswith(first)
            for phrase in needed:
                places = f" {output.text} ".count(f" {phrase} ")
                assert places >= 1 if phrase != "CD" else output.tokens.count("CD") >= needed.count("CD")
    assert together[2].text == "" and together[2].alternatives == ()


def test_one_constraint_is_for_all_texts(pipeline):
    shared, each = (
        pipeline.predict(TEXTS, constraints=Constraints(prefix, min_output_length=5, required=required))
        for prefix, required in (("CD", "AB CD"), (["CD"] * 6, [["AB CD"]] * 6))
    )
    same_predictions(shared, each)
    assert all(prediction.tokens[0] == "CD" for prediction in shared if prediction.source)
    for forbidden in ("AB", ["AB", "CD CD"], [["CD AB", "AB"]] * 6):
        constraints = Constraints(no_repeat_ngram=3, forbidden=forbidden)
        without = pipeline.predict(TEXTS, constraints=constraints, beam_size=3, n_best=3)
        outputs = [output for prediction in without for output in [prediction, *prediction.alternatives]]
        assert len(outputs) > 6 and not any("AB" in output.tokens for output in outputs)
        assert any("CD CD" in output.text for output in outputs) == (forbidden != ["AB", "CD CD"])


def test_a_phrase_is_a_run_of_tokens_and_not_a_set(uncompiled):
    """Forbidding a phrase leaves its words alone, for characters as for words."""
    engine.seed_everything(5)
    tokens = {"source_tokens": "characters", "target_tokens": "characters"}
    pipeline = TextToText.from_pairs([("ab", "cat"), ("ba", "tac")], max_output_length=11, **tokens, **SIZES)
    outputs = pipeline.sample(["ab"], 40, constraints=Constraints(forbidden="cat", min_output_length=9))
    outputs = [outputs[0], *outputs[0].alternatives]
    assert not any("cat" in output.text for output in outputs)
    assert set("cat") <= {letter for output in outputs for letter in output.text}
    (required,) = pipeline.predict(["ab"], constraints=Constraints(required=["cat", "atta"]))
    assert "cat" in required.text and "atta" in required.text


def test_a_forced_end_ends_every_output(pipeline):
    constraints = Constraints(forced_end=True, min_output_length=pipeline.max_output_length)
    for write in (pipeline.predict, pipeline.sample):
        for prediction in write(["ab cd", "ab"], constraints=constraints):
            assert prediction.tokens[-1] == EOS
            assert len(prediction.tokens) == pipeline.max_output_length


@pytest.mark.parametrize("option", ["prefix", "required", "forbidden"])
def test_an_unknown_word_in_a_constraint_is_an_error_that_names_it(pipeline, option):
    with pytest.raises(ValueError, match=f"{option} of .* received the unknown token 'zoe' in 'AB zoe'"):
        pipeline.predict(["ab"], constraints=Constraints(**{option: "AB zoe"}))
    each = ["", "AB zoe"] if option == "prefix" else [[], ["AB", "AB zoe"]]
    with pytest.raises(ValueError, match="received the unknown token 'zoe' in 'AB zoe'"):
        pipeline.sample(["ab", "cd"], constraints=Constraints(**{option: each}), unknown=True)


def test_special_tokens_are_never_written_and_unknown_ones_where_they_are_asked_for(uncompiled):
    """Their logits are the highest here."""
    pipeline = untrained()
    bias = pipeline.model.decoder.output_layer.bias
    bias.assign(bias + 30.0 * (np.arange(bias.shape[0]) < 3))
    for write in (pipeline.predict, pipeline.sample):
        tokens = {token for prediction in write(TEXTS) for token in prediction.tokens}
        assert tokens and not tokens & {PAD, UNK, BOS}
        with_unknown = [prediction.tokens for prediction in write(TEXTS, unknown=True)]
        assert {token for tokens in with_unknown for token in tokens} == {UNK}


def test_what_a_model_copies_is_not_unknown(uncompiled):
    pairs = [("ada meets bob", "bob met ada"), ("bob meets eve", "eve met bob")] * 2
    engine.seed_everything(5)
    words = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    pipeline = TextToText.from_pairs(pairs, max_output_length=7, copy=True, **words, **SIZES)
    texts = ["zoe meets tim", "kim meets zoe", ""]
    drawn = pipeline.sample(texts, 50)
    written = [{t for one in (best, *best.alternatives) for t in one.tokens} for best in drawn]
    assert "zoe" in written[0] & written[1] and "tim" in written[0] and UNK not in written[0] | written[1]
    drawn = pipeline.sample(texts, 50, constraints=Constraints(forbidden=["zoe", "tim"]))
    written = [{t for one in (best, *best.alternatives) for t in one.tokens} for best in drawn]
    assert "kim" in written[1] and not {"zoe", "tim"} & (written[0] | written[1])
    for option, message in [("required", "'tim' in 'met tim'"), ("forbidden", "'max' in 'max'")]:
        phrase = message.split("' in '")[1][:-1]
        with pytest.raises(ValueError, match=f"target vocabulary or the source holds; .*{message}"):
            pipeline.predict(texts, constraints=Constraints(**{option: phrase}))


@pytest.mark.parametrize("option", ["prefix", "required", "forbidden"])
def test_constraints_for_another_number_of_texts_are_an_error(pipeline, option):
    each = ["AB"] if option == "prefix" else [["AB"]]
    with pytest.raises(ValueError, match=f"Expected {option} as .*for each of 2; received 1"):
        pipeline.predict(["ab", "cd"], constraints=Constraints(**{option: each}))
    for ids in ([3], [[3], "AB"]):
        with pytest.raises(TypeError, match=f"Expected {option} as a "):
            pipeline.predict(["ab", "cd"], constraints=Constraints(**{option: ids}))


def test_contradictory_constraints_are_an_error(pipeline):
    with pytest.raises(ValueError, match="Expected required to hold nothing forbidden"):
        pipeline.predict(["ab"], constraints=Constraints(required="AB", forbidden="AB"))


def test_options_of_the_search_reach_it(pipeline):
    short, long = (
        pipeline.predict(["ab cd"], beam_size=5, scoring=Scoring(penalty, "average"))[0]
        for penalty in (0.0, 2.0)
    )
    assert len(short.tokens) <= len(long.tokens)
    assert long.score == pytest.approx(long.log_probability / len(long.tokens) ** 2)
    with pytest.raises(ValueError, match="Expected n_best of at most beam_size=2; received 3"):
        pipeline.predict(["ab"], beam_size=2, n_best=3)


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 0.7, "top_p": 0.9, "constraints": Constraints(required="CD")}]
)
def test_samples_do_not_depend_on_batches(pipeline, options):
    drawn = [
        pipeline.sample(TEXTS, n_samples=3, seed=7, batch_size=batch_size, **options)
        for batch_size in (1, 2, 64)
    ]
    for others in drawn[1:]:
        same_predictions(drawn[0], others)
    assert all(len(prediction.alternatives) == 2 for prediction in drawn[0] if prediction.source)
    again, other = (pipeline.sample(TEXTS, n_samples=3, seed=seed, **options) for seed in (7, 8))
    same_predictions(drawn[0], again)
    texts = [[[p.text, *[a.text for a in p.alternatives]] for p in drawn] for drawn in (again, other)]
    assert texts[0] != texts[1]


def test_the_same_text_twice_is_drawn_for_twice(pipeline):
    first, second = pipeline.sample(["ab cd"] * 2, n_samples=7, seed=3)
    assert [a.tokens for a in first.alternatives] != [a.tokens for a in second.alternatives]


def test_at_temperature_0_samples_are_predictions_of_a_beam_of_one(pipeline):
    sampled = pipeline.sample(TEXTS, temperature=0)
    same_predictions(sampled, pipeline.predict(TEXTS, beam_size=1))


def test_constraints_may_name_words_that_only_the_source_knows(uncompiled):
    """A model that copies can be asked for a word that its vocabulary does not hold."""
    pairs = [("ada meets bob", "bob met ada"), ("bob meets eve", "eve met bob")] * 2
    engine.seed_everything(5)
    words = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    pipeline = TextToText.from_pairs(pairs, max_output_length=7, copy=True, **words, **SIZES)
    texts = ["zoe meets ada and tim", "ada meets kim"]
    constraints = Constraints(prefix=["tim", "kim met"], required=[["zoe"], []])
    predictions = pipeline.predict(texts, constraints=constraints, beam_size=3)
    assert predictions[0].tokens[0] == "tim" and "zoe" in predictions[0].tokens
    assert predictions[1].tokens[:2] == ("kim", "met")
    options = {"constraints": Constraints(required=[["zoe", "tim"], ["kim"]]), "n_samples": 2, "seed": 1}
    sampled = pipeline.sample(texts, **options)
    assert {"zoe", "tim"} <= set(sampled[0].tokens) and "kim" in sampled[1].tokens
    same_predictions(sampled, pipeline.sample(texts, **options, batch_size=1))


SLOW = pytest.mark.slow(
    guard="tests/package/pipeline/test_text_to_text.py::"
    "test_an_output_has_the_log_probability_that_the_search_found"
)


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"decoder": "self_attention", "decoder_units": 12, "num_heads": 3}, marks=SLOW),
        pytest.param({"copy": True}, marks=SLOW),
    ],
)
def test_an_output_has_the_log_probability_that_the_search_found(options, uncompiled):
    pipeline = untrained(source_tokens="whitespace", **options)
    texts = ["cd ab cd ab", "ab", "cd zoe ab", "tim"]
    predictions = pipeline.predict(texts, beam_size=7, n_best=7)
    outputs = [one for best in predictions for one in (best, *best.alternatives)]
    outputs = [one for one in outputs if pipeline.accepts(*_pair(one))]
    assert len(outputs) >= len(texts)
    if options.get("copy"):
        assert {"zoe", "tim"} & {token for one in outputs for token in one.tokens}
    pairs = [_pair(one) for one in outputs]
    for batch_size in (3, 64):
        log_probabilities = pipeline.log_probabilities(pairs, batch_size)
        np.testing.assert_allclose(
            log_probabilities, [one.log_probability for one in outputs], rtol=1e-4, atol=1e-4
        )
    assert isinstance(log_probabilities[0], float)


def _pair(prediction):
    return prediction.source, prediction.text


def test_log_probabilities_come_in_the_order_of_the_pairs(pipeline):
    alone = [pipeline.log_probabilities([pair])[0] for pair in PAIRS]
    assert len(set(alone)) == len(PAIRS)
    np.testing.assert_allclose(pipeline.log_probabilities(PAIRS[::-1]), alone[::-1], rtol=1e-5)
    assert pipeline.log_probabilities([]) == []


@pytest.mark.parametrize(
    ("pair", "lengths"),
    [
        (("", "AB"), "0 and 1"),
        (("ab", " "), "2 and 0"),
        (("a" * 14, "AB"), "14 and 1"),
        (("ab", "AB " * 7), "2 and 7"),
    ],
)
def test_a_pair_that_cannot_be_scored_is_named(pipeline, pair, lengths):
    assert not pipeline.accepts(*pair) and pipeline.accepts(*PAIRS[0])
    message = f"Expected pairs of 1 to 13 source tokens and 1 to 6 target tokens; pair 1 has {lengths}"
    with pytest.raises(ValueError, match=message):
        pipeline.log_probabilities([PAIRS[0], pair])


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_text_is_answered_with_an_empty_text(pipeline, blank):
    prediction = pipeline.predict([blank])[0]
    assert (prediction.source, prediction.text, prediction.tokens) == (blank, "", ())
    assert prediction.log_probability == 0


def test_no_texts_give_no_predictions(pipeline):
    assert pipeline.predict([]) == []


def test_characters_never_seen_are_named(pipeline):
    prediction = pipeline.predict(["aж漢"])[0]
    assert prediction.unknown == ("ж", "漢")
    assert prediction.source_tokens == ("a", "ж", "漢", EOS)


def test_a_text_that_is_too_long_is_an_error_that_names_it(pipeline):
    with pytest.raises(ValueError, match=r"at most 13 tokens; text 1 has 14.*truncate=True"):
        pipeline.predict(["ab", "a" * 14])
    assert len(pipeline.predict(["a" * 14], truncate=True)[0].source_tokens) == 13 + 1


def test_one_string_is_an_error(pipeline):
    with pytest.raises(TypeError, match=r"Write \[text\]"):
        pipeline.predict("ab")


def test_pairs_that_are_empty_or_too_long_are_left_out_and_counted(pipeline):
    pairs = [*PAIRS, ("", "AB"), ("ab", ""), ("a" * 14, "AB"), ("ab", "AB " * 7)]
    with pytest.warns(UserWarning, match="4 of 8 pairs were left out"):
        batches = pipeline.batches(pairs, batch_size=8)
    assert sum(len(targets) for _, targets in batches) == 4


def test_a_target_of_just_the_maximum_is_kept(pipeline):
    _, targets = pipeline.batches([("ab", "AB " * 6)])[0]
    assert targets.shape == (1, 7)


def test_no_usable_pair_is_an_error(pipeline):
    with pytest.raises(ValueError, match="received 1, none of them such: a side was empty"):
        pipeline.batches([("", "")])


def test_an_empty_corpus_is_an_error():
    with pytest.raises(ValueError, match="at least one token"):
        TextToText.from_pairs([], **SIZES)


def test_an_unknown_tokenizer_is_an_error():
    with pytest.raises(
        ValueError, match=r"Expected source_tokens one of characters, .*, unigram, or a Subwords; received"
    ):
        TextToText.from_pairs(PAIRS, source_tokens="syllables", **SIZES)


def test_a_vocabulary_of_another_model_is_an_error(pipeline):
    sizes = len(pipeline.source_vocab), len(pipeline.target_vocab)
    assert sizes == (4 + 5, 4 + 2)
    vocab = Vocabulary(["a", "b", "c"])
    with pytest.raises(ValueError, match=r"9 and 6 tokens.*received 7 and 7"):
        TextToText(pipeline.model, vocab, vocab, source_tokens="words", target_tokens="words")


def test_cleaning_is_used_on_both_sides():
    cleaning = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}
    pipeline = TextToText.from_pairs([("Ab!", "CD?")], cleaning=cleaning, source_tokens="casual", **SIZES)
    assert "ab" in pipeline.source_vocab
    assert "cd" in pipeline.target_vocab
    assert pipeline.predict(["AB"])[0].source_tokens == ("ab", EOS)


def test_what_was_saved_predicts_the_same(pipeline, tmp_path, uncompiled):
    before = pipeline.predict(["cd ab"], beam_size=3)[0]
    pipeline.save(tmp_path / "run")
    after = TextToText.load(tmp_path / "run").predict(["cd ab"], beam_size=3)[0]
    assert after.tokens == before.tokens
    assert after.log_probability == before.log_probability
    np.testing.assert_array_equal(after.attention_weights, before.attention_weights)


def test_a_folder_without_a_run_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected model.keras.*Train first: s2s-lesson train"):
        TextToText.load(tmp_path)


def test_a_folder_without_a_model_is_an_error_that_says_what_to_do(pipeline, tmp_path):
    pipeline.save(tmp_path)
    (tmp_path / "model.keras").unlink()
    with pytest.raises(FileNotFoundError, match=r"Expected model.keras.*Train first: s2s-lesson train"):
        TextToText.load(tmp_path)


@pytest.mark.parametrize("tokens", ["characters", "bpe"])
def test_a_shared_vocabulary_knows_the_tokens_of_both_sides(tokens, tmp_path, uncompiled):
    options = {"source_tokens": tokens, "target_tokens": tokens, "shared_vocab": True}
    pipeline = untrained(max_vocab_size=14, shared_embedding=True, **options)
    assert pipeline.source_vocab is pipeline.target_vocab
    assert not pipeline.predict(["AB cd"])[0].unknown
    pipeline.save(tmp_path)
    loaded = TextToText.load(tmp_path)
    assert loaded.source_vocab == loaded.target_vocab == pipeline.source_vocab
    assert loaded.predict(["ab CD"])[0].tokens == pipeline.predict(["ab CD"])[0].tokens


def test_a_shared_vocabulary_needs_one_tokenizer():
    with pytest.raises(ValueError, match="Expected one tokenizer for a shared vocabulary"):
        untrained(shared_vocab=True)


# Training, as the pipeline hands it on.


def smallest():
    return untrained(cell="gru", bidirectional=False, attention="none")


def fitted(pipeline, epochs=1, **options):
    return pipeline.fit(PAIRS[1:3], PAIRS[1:2], epochs=epochs, progress=False, **options)


def test_a_learning_rate_alone_is_short_for_optimization(uncompiled):
    short, long = (
        fitted(smallest(), **options)
        for options in ({"learning_rate": 0.03}, {"optimization": Optimization(0.03)})
    )
    assert short["val_loss"] == long["val_loss"] != fitted(smallest())["val_loss"]


def test_a_learning_rate_beside_optimization_is_refused(pipeline):
    message = r"Expected the learning rate within optimization; received 0\.03 beside Optimization\("
    with pytest.raises(ValueError, match=message):
        fitted(pipeline, learning_rate=0.03, optimization=Optimization(0.02))


def test_callbacks_reach_the_run_and_may_change_a_rate_without_decay(uncompiled):
    trained, rates = smallest(), []
    lower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(trained.model.optimizer.learning_rate))
    )
    fitted(trained, epochs=2, optimization=Optimization(0.02, decay=None), callbacks=[lower, note])
    np.testing.assert_allclose(rates, [0.01, 0.005], rtol=1e-6)


def test_a_search_takes_a_length_penalty_or_scoring_and_not_both(pipeline):
    with pytest.raises(ValueError, match="Expected length_penalty within scoring"):
        pipeline.predict(["ab"], length_penalty=0.6, scoring=Scoring(0.6))


# Freed, and read back.


def predicted_once():
    pipeline = smallest()
    assert len(pipeline.predict(["ab"], beam_size=2)) == 1
    return weakref.ref(pipeline), weakref.ref(pipeline.model)


@pytest.mark.slow(
    guard="tests/package/search/steps/test_keras_steps.py::test_models_that_were_searched_are_freed"
)
def test_pipelines_that_predicted_are_freed_and_so_are_their_models():
    references = [reference for _ in range(2) for reference in predicted_once()]
    gc.collect()
    assert [reference() for reference in references] == [None] * 4


BEFORE = Path(__file__).parent / "saved_before_the_move"


def test_a_folder_that_an_earlier_version_wrote_predicts_the_same(uncompiled):
    """Written by ``fit`` when the package had one folder; its model names modules that are no more."""
    pipeline = TextToText.load(BEFORE)
    expected = json.loads((BEFORE / "predictions.json").read_text(encoding="utf-8"))
    sources = list(dict.fromkeys(one["source"] for one in expected))
    predictions = pipeline.predict(sources, beam_size=3, n_best=2)
    outputs = [one for best in predictions for one in (best, *best.alternatives)]
    assert [(one.source, one.text) for one in outputs] == [(one["source"], one["text"]) for one in expected]
    log_probabilities = [one["log_probability"] for one in expected]
    np.testing.assert_allclose([one.log_probability for one in outputs], log_probabilities, atol=1e-5)
    assert max(path.stat().st_size for path in BEFORE.iterdir()) < 100_000


@pytest.mark.slow(
    guard="tests/conformance/test_sample_weights.py::test_a_weight_of_zero_leaves_a_pair_out_of_all_batches"
)
def test_pairs_count_as_much_as_their_weights(uncompiled):
    def trained(pairs, weights):
        pipeline = untrained()
        return pipeline.fit(pairs, PAIRS[:1], weights=weights, epochs=1, seed=5, progress=False), pipeline

    weighed, pipeline = trained(PAIRS, [1, 0, 3, 1])
    expected, other = trained([PAIRS[index] for index in (0, 2, 3)], [1, 3, 1])
    plain, _ = trained(PAIRS, None)
    del weighed["seconds"], expected["seconds"]
    assert weighed == expected and weighed["loss"] != plain["loss"]
    for weight, twin in zip(pipeline.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, twin)
    with pytest.raises(ValueError, match=r"Expected one weight for each of 4 pairs; received 3\."):
        trained(PAIRS, [1, 1, 1])


def test_weights_of_a_column_are_read_in_its_order_whatever_its_index():
    weights = pd.Series([1.0, 2.0, 3.0, 4.0], index=[3, 2, 1, 0])
    batches = untrained().batches(PAIRS, weights=weights)
    read = [
        (row, weight)
        for index in range(len(batches))
        for row, weight in zip(batches.rows(index), batches[index][2], strict=True)
    ]
    assert sorted(read) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_the_weight_of_a_pair_goes_with_it_where_others_are_left_out():
    pipeline = untrained()
    with pytest.warns(UserWarning, match="1 of 5 pairs were left out"):
        batches = pipeline.batches([("", "AB"), *PAIRS], weights=[7, 1, 2, 3, 4])
    weights = {
        row: weight for _, _, part in [batches[0]] for row, weight in zip(batches.rows(0), part, strict=True)
    }
    assert set(weights.values()) <= {1, 2, 3, 4} and all(weight == row + 1 for row, weight in weights.items())
