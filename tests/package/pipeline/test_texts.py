"""Texts are written alike on both sides, and a pipeline says where it does not know what it reads."""

import json
import warnings

import pytest

from s2s_lesson.data.description import write_description
from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.text import normalise, tokenize
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.data.whole_files import enclosed
from s2s_lesson.pipeline import Texts, TextToText
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
    assert json.loads(enclosed(tmp_path / "model.keras")["pipeline.json"])["normalisation"] is normalisation
    assert TextToText.load(tmp_path).normalisation is normalisation


def test_a_folder_that_does_not_mention_normalisation_was_learned_without(tmp_path, pipeline):
    pipeline.model.save(tmp_path / "model.keras")  # with its vocabularies beside it, as it once was
    write_description(tmp_path, *pipeline.description())
    description = json.loads((tmp_path / "pipeline.json").read_text())
    del description["normalisation"]
    (tmp_path / "pipeline.json").write_text(json.dumps(description))
    assert not TextToText.load(tmp_path).normalisation


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


def slow_batches(pipeline, pairs):
    """The ids of pairs, text by text: of sources, of targets and of copies."""
    ids = []
    for source, target in pairs:
        source, target = pipeline.source_side(source), pipeline.target_side(target)
        if 0 < len(source) <= pipeline.max_source_length and 0 < len(target) < pipeline.max_output_length:
            words = ExtendedVocabulary(pipeline.target_vocab, source)
            copies = words.copy_ids() if pipeline.copies else None
            targets = words.encode(target) if pipeline.copies else pipeline.target_vocab.encode(target)
            ids.append((pipeline.source_vocab.encode(source), targets, copies))
    return list(map(list, zip(*ids, strict=True)))


def plain(id_lists):
    return None if id_lists is None else [ids.tolist() for ids in id_lists]


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("tokens", ["words", "casual", "characters"])
def test_ids_are_those_of_the_texts_one_by_one(tokens, copies):
    known, others = "ada meets bob </s>. it is a <unk> day", "carol meets eve, who meets carol. a  day"
    vocab = Vocabulary.from_tokens([tokenize(known, tokens)], max_size=11)
    texts = Texts(
        vocab, vocab, source_tokens=tokens, target_tokens=tokens, copies=copies, max_source_length=53
    )
    pairs = [(known, others), (others, known), ("", known), (known, ""), (" eve ", "eve"), (known * 5, known)]
    with pytest.warns(UserWarning, match=r"\d of 6 pairs were left out"):
        batches = texts.batches(pairs)
    sources, targets, copy_ids = slow_batches(texts, pairs)
    assert plain(batches.source_ids) == sources and plain(batches.target_ids) == targets
    assert plain(batches.copy_ids) == (copy_ids if copies else None)


def test_what_a_pipeline_was_made_of_is_not_split_again(monkeypatch):
    made, of = [], TokenLists.of
    monkeypatch.setattr(TokenLists, "of", lambda *arguments: made.append(arguments) or of(*arguments))
    pairs = [("don't go", "bleib"), ("go on", "geh")]
    TextToText.from_pairs(pairs, **WORDS).batches(pairs)
    assert len(made) == 2  # sides
