"""Texts are written alike on both sides, and a pipeline says where it does not know what it reads."""

import json
import warnings

import pytest

from s2s_lesson.data.text import normalise
from s2s_lesson.pipeline import TextToText, pretrained
from s2s_lesson.pipeline.unknown import unknown_shares
from s2s_lesson.search import Constraints
from s2s_lesson.training import loop

SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
WORDS = {"source_tokens": "whitespace", "target_tokens": "whitespace", **SIZES}
PAIRS = [("\ufeffdon’t go\r\n", "cafe\u0301 «x»"), ("go\u00a0on", "it’s")]


@pytest.fixture(scope="module")
def pipeline():
    return TextToText.from_pairs(PAIRS, **WORDS)


def test_a_new_pipeline_learns_texts_that_are_written_alike(pipeline):
    assert set(pipeline.source_vocab.tokens[4:]) == {"don't", "go", "on"}
    assert set(pipeline.target_vocab.tokens[4:]) == {"caf\u00e9", "«x»", "it's"}
    plain = [tuple(map(normalise, pair)) for pair in PAIRS]
    assert TextToText.from_pairs(plain, **WORDS).description() == pipeline.description()


def test_what_comes_in_is_written_as_what_was_learned(pipeline):
    assert pipeline.source_side("\ufeffdon’t\u202fgo\r\n") == ["don't", "go"]
    assert pipeline.target_side("cafe\u0301") == ["caf\u00e9"]
    prefix = Constraints(prefix="cafe\u0301 it’s")
    (written,) = pipeline.predict(["don’t go"], beam_size=1, constraints=prefix)
    assert written.source == "don’t go" and written.source_tokens[:2] == ("don't", "go")
    assert written.unknown == () and written.tokens[:2] == ("caf\u00e9", "it's")


def test_normalisation_can_be_left_out():
    as_it_is = TextToText.from_pairs(PAIRS, normalisation=False, **WORDS)
    assert "don’t" not in as_it_is.source_vocab and "\ufeffdon’t" in as_it_is.source_vocab
    assert as_it_is.source_side("go’s") == ["go’s"]


@pytest.mark.parametrize("normalisation", [True, False])
def test_normalisation_is_kept_with_the_pipeline(tmp_path, normalisation):
    TextToText.from_pairs(PAIRS, normalisation=normalisation, **WORDS).save(tmp_path)
    assert json.loads((tmp_path / "pipeline.json").read_text())["normalisation"] is normalisation
    assert TextToText.load(tmp_path).normalisation is normalisation


def test_a_folder_that_does_not_mention_normalisation_was_learned_without(tmp_path, pipeline, monkeypatch):
    pipeline.save(tmp_path)
    description = json.loads((tmp_path / "pipeline.json").read_text())
    del description["normalisation"]
    (tmp_path / "pipeline.json").write_text(json.dumps(description))
    before = TextToText.load(tmp_path)
    assert not before.normalisation and not pretrained("pronunciations").normalisation
    monkeypatch.setattr(loop, "fit", lambda *_, **options: {})
    with pytest.warns(UserWarning, match="67% of the target tokens"):
        before.fit(PAIRS, PAIRS, epochs=1, folder=tmp_path, resume=True)  # goes on as it began


JAPANESE = [
    ("私は学生です。", "watashi"),
    ("明日東京へ行きます。", "ashita"),
    ("今日はいい天気ですね。", "kyou"),
]
NEW = [("これは本です。", "watashi"), ("私は東京へ行きます。", "ashita")]


def fitted(made, pairs, monkeypatch):
    """What training warns of."""
    monkeypatch.setattr(loop, "fit", lambda *_, **options: {})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.fit(JAPANESE, pairs, epochs=1)
    return [str(warning.message) for warning in caught]


def test_sentences_without_blanks_are_warned_of(monkeypatch):
    """Each is one word, which no other sentence holds: all sources look alike."""
    (warning,) = fitted(TextToText.from_pairs(JAPANESE, **SIZES), NEW, monkeypatch)
    assert "50% of the source tokens of the development pairs" in warning  # of each only "。" is known
    assert "tokenizer 'words'" in warning and 'source_tokens="characters", "icu"' in warning


@pytest.mark.parametrize(
    "options",
    [{"source_tokens": "icu"}, {"source_tokens": "bpe", "max_vocab_size": 61}],
    ids=lambda o: str(o),
)
def test_what_the_warning_advises_makes_the_sources_known(monkeypatch, options):
    assert fitted(TextToText.from_pairs(JAPANESE, **options, **SIZES), NEW, monkeypatch) == []


def test_targets_that_cannot_be_written_are_warned_of(monkeypatch):
    pairs = [("私は学生です。", "watashi wa gakusei desu")]
    (warning,) = fitted(TextToText.from_pairs(JAPANESE, **SIZES), pairs, monkeypatch)
    assert "75% of the target tokens" in warning and 'target_tokens="characters"' in warning


def test_what_a_model_copies_is_not_unknown(monkeypatch):
    copying = TextToText.from_pairs(JAPANESE, copy=True, **SIZES)
    assert fitted(copying, [("ada bob", "ada watashi")], monkeypatch) == []
    batches = copying.batches([("ada bob", "ada eve watashi carol")])
    assert unknown_shares(batches) == {"source": 0, "target": 0.5}
