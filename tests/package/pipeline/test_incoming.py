"""Every door of a pipeline takes texts and pairs of any kind, and names the row of what is none."""

import numpy as np
import pandas as pd
import pytest

from s2s_lesson.corpora import Corpus, group_references
from s2s_lesson.data import Subwords, Vocabulary
from s2s_lesson.data.prediction import Prediction, empty_prediction
from s2s_lesson.pipeline import Chat, TextToText, evaluate, exposure
from s2s_lesson.training import loop

PAIRS = [("ab cd", "AB CD"), ("cd", "CD"), ("ab", "AB"), ("cd ab cd", "CD AB CD"), ("ab ab", "AB AB")]
TABLE = pd.DataFrame(PAIRS, columns=["small", "large"], index=[7, 3, 11, 5, 2])
OPTIONS = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
OPTIONS |= {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11, "max_output_length": 5}
ONE_EPOCH = {"epochs": 1, "progress": False}
FIGURES = ("loss", "perplexity", "accuracy")


@pytest.fixture(scope="module")
def pipeline():
    return TextToText.from_pairs(PAIRS, **OPTIONS)


def kinds_of(pairs):
    """The same pairs: a table, a generator, a zip, an array."""
    table = pd.DataFrame(pairs, columns=["small", "large"], index=TABLE.index[: len(pairs)])
    return [table, (pair for pair in pairs), zip(*zip(*pairs, strict=True), strict=True), np.array(pairs)]


@pytest.mark.parametrize("kind", range(4))
def test_a_pipeline_is_made_of_pairs_of_any_kind(pipeline, kind):
    made = TextToText.from_pairs(kinds_of(PAIRS)[kind], **OPTIONS)
    assert made.description() == pipeline.description()
    assert "ab" in made.source_vocab and "small" not in made.source_vocab


@pytest.mark.parametrize("kind", range(4))
def test_every_door_for_pairs_takes_any_kind(pipeline, kind, monkeypatch):
    monkeypatch.setattr(pipeline, "score", lambda inputs, targets: targets.sum(axis=1))
    batches = pipeline.batches(kinds_of(PAIRS)[kind])
    assert sorted(ids.tolist() for ids in batches.source_ids) == sorted(
        pipeline.source_vocab.encode(source.split()) for source, _ in PAIRS
    )
    expected = pipeline.log_probabilities(PAIRS)
    assert pipeline.log_probabilities(kinds_of(PAIRS)[kind]) == expected
    assert group_references(kinds_of(PAIRS)[kind]) == group_references(PAIRS)
    corpus = Corpus(
        "letters", dict.fromkeys(("train", "dev"), PAIRS) | {"test": kinds_of(PAIRS)[kind]}, "", ""
    )
    assert corpus.test == PAIRS and corpus.test[1].source == "cd"


def test_scores_of_a_table_are_those_of_its_rows(pipeline, monkeypatch):
    monkeypatch.setattr(loop, "teacher_forced_scores", lambda *_: dict.fromkeys(FIGURES, 0.0))
    monkeypatch.setattr(pipeline, "predict", lambda texts, *_, **options: list(map(empty_prediction, texts)))
    from_table, from_generator = (evaluate(pipeline, pairs, beam_size=1) for pairs in (TABLE, iter(PAIRS)))
    assert from_table == from_generator and (from_table["pairs"], from_table["sources"]) == (5, 5)


def test_as_many_references_for_each_source_as_there_are_sources_are_scored(pipeline, monkeypatch):
    monkeypatch.setattr(loop, "teacher_forced_scores", lambda *_: dict.fromkeys(FIGURES, 0.0))
    right = [Prediction("ab", (), "AB", ("AB", "</s>"), 0.0, 0.0, None), empty_prediction("cd")]
    monkeypatch.setattr(pipeline, "predict", lambda *_, **options: right)
    pairs = [("ab", "AB"), ("ab", "CD"), ("cd", "CD"), ("cd", "AB")]
    assert evaluate(pipeline, pairs)["exact_match"] == 0.5


def test_training_on_a_table_is_training_on_its_rows(pipeline, monkeypatch):
    monkeypatch.setattr(loop, "fit", lambda model, *batches, **options: batches)
    expected = [ids.tolist() for ids in pipeline.batches(PAIRS).source_ids]
    for batches in pipeline.fit(TABLE, iter(PAIRS), epochs=1):
        assert [ids.tolist() for ids in batches.source_ids] == expected


def test_each_prediction_of_a_column_is_of_its_own_row(pipeline, uncompiled):
    written = pipeline.predict(TABLE["small"], beam_size=1)
    assert [prediction.source for prediction in written] == [source for source, _ in PAIRS]
    assert written[0].source_tokens[:-1] == ("ab", "cd")


DOORS = {
    "from_pairs": lambda pipeline, pairs: TextToText.from_pairs(pairs, **OPTIONS),
    "fit": lambda pipeline, pairs: pipeline.fit(pairs, PAIRS, **ONE_EPOCH),
    "batches": lambda pipeline, pairs: pipeline.batches(pairs),
    "log_probabilities": lambda pipeline, pairs: pipeline.log_probabilities(pairs),
    "evaluate": evaluate,
    "exposure": exposure,
    "group_references": lambda pipeline, pairs: group_references(pairs),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        ([("ab", "AB"), ("cd", None)], TypeError, "target of row 1 of pairs .*None, a missing value"),
        ([("ab", "AB"), (float("nan"), "CD")], TypeError, "source of row 1 of pairs .*nan, a missing value"),
        ([("ab", "AB", "en")], ValueError, "row 0 of pairs; received 3 items"),
        (["ab"], TypeError, "row 0 of pairs; received str 'ab'"),
        ([("ab", "A\ud83d")], ValueError, "whole characters in the target of row 0 of pairs"),
        (TABLE.assign(more="x"), ValueError, "received 3 columns: small, large, more"),
        ("ab", TypeError, "received one string"),
        ({"ab": "AB"}, TypeError, "received dict"),
    ],
)
def test_every_door_names_the_row_that_is_no_pair(pipeline, door, pairs, error, message):
    with pytest.raises(error, match=message):
        DOORS[door](pipeline, pairs)


def test_training_names_the_development_pairs_and_makes_no_folder(pipeline, tmp_path):
    with pytest.raises(TypeError, match=r"target of row 0 of validation_data .*None, a missing value"):
        pipeline.fit(PAIRS, [("ab", None)], folder=tmp_path / "run", **ONE_EPOCH)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["ab", None], TypeError, "row 1 of texts .*None, a missing value"),
        (["ab", "\ud83d"], ValueError, "whole characters in row 1 of texts"),
        (TABLE, ValueError, "2 columns: small, large"),
        ({"ab": "AB"}, TypeError, "received dict"),
        (b"ab", TypeError, "received bytes"),
    ],
)
def test_writing_names_the_row_that_is_no_text(pipeline, texts, error, message):
    for write in (pipeline.predict, pipeline.sample):
        with pytest.raises(error, match=message):
            write(texts)


@pytest.mark.parametrize("text", [None, "A\ud83d"])
def test_what_takes_one_pair_or_one_text_refuses_others(pipeline, text):
    with pytest.raises((TypeError, ValueError), match="target of row 0 of pairs"):
        pipeline.accepts("ab", text)
    with pytest.raises((TypeError, ValueError), match="row 0 of texts"):
        Chat(pipeline).reply(text)


def test_a_chat_goes_on_after_half_a_character(pipeline):
    notes = []
    chat = Chat(pipeline, say=notes.append, note=notes.append)
    assert chat.hear("a\udc80") and "that holds half a character" in notes[0] and chat.turns == []


def test_subwords_and_vocabularies_refuse_what_is_no_text():
    with pytest.raises(TypeError, match=r"row 1 of texts .*nan, a missing value"):
        Subwords.train(["ab", float("nan")], 7)
    with pytest.raises(TypeError, match=r"row 1 of token_lists; received the text 'ab'. Tokenise it first"):
        Vocabulary.from_tokens([["ab"], "ab"])
    with pytest.raises(TypeError, match=r"row 1 of tokens .*received int 7"):
        Vocabulary(["ab", 7])
    with pytest.raises(ValueError, match="whole characters in row 0 of tokens"):
        Vocabulary(["\ud83d"])
    with pytest.raises(TypeError, match="Expected tokens, each a string; received int 7"):
        Vocabulary(["ab"]).encode(["ab", 7])
