"""Subwords: texts come back, the same pieces every time, clear errors, and whole pipelines of them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_pipeline import SIZES, same_predictions

from s2s_lesson import engine
from s2s_lesson.corpora import Pair
from s2s_lesson.evaluation import evaluate
from s2s_lesson.pipeline import TextToText
from s2s_lesson.subwords import KINDS, Subwords
from s2s_lesson.text import detokenize, tokenize
from s2s_lesson.vocab import EOS, SPECIAL_TOKENS

TEXTS = ["the lowest of the low", "the newest and the widest", "lower, newer and wider!", "low  new wide"] * 3


@pytest.fixture(scope="module", params=KINDS)
def subwords(request):
    return Subwords.train(TEXTS, 31, request.param)


def test_common_words_are_one_piece_and_new_words_are_made_of_known_pieces():
    subwords = Subwords.train(TEXTS, 41, "bpe")
    assert subwords.tokenize("the  low") == ["▁the", "▁low"]
    pieces = subwords.tokenize("widely owned")
    assert len(pieces) > 2 and "".join(pieces) == "▁widely▁owned"
    assert {"▁the", "▁low"} <= set(subwords.pieces) and set("thelowsfnwd,r!a▁") <= set(subwords.pieces)


def test_texts_come_back(subwords):
    for text in TEXTS:
        assert subwords.detokenize(subwords.tokenize(text)) == " ".join(text.split())


@given(st.text() | st.text("lownetsid ▁<>\t\n\u3000é漢"))
def test_any_text_comes_back_but_for_blanks(subwords, text):
    pieces = tokenize(text, subwords)
    assert detokenize(pieces, subwords) == " ".join(text.replace("▁", " ").split())
    assert not any(character.isspace() for piece in pieces for character in piece)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(st.text(max_size=13), min_size=1, max_size=7))
def test_any_texts_can_be_learned_from(kind, texts):
    if not any(text.replace("▁", " ").strip() for text in texts):
        with pytest.raises(ValueError, match="not blank"):
            Subwords.train(texts, 97, kind)
        return
    subwords = Subwords.train(texts, 97, kind)
    for text in texts:
        assert subwords.detokenize(subwords.tokenize(text)) == " ".join(text.replace("▁", " ").split())


def test_characters_never_seen_stay_as_they_are(subwords):
    assert subwords.tokenize("low 漢字") == [*subwords.tokenize("low"), "▁", "漢字"]
    assert subwords.tokenize("a\ud800") == subwords.tokenize("a?")


def test_the_same_texts_give_the_same_pieces(subwords):
    again = Subwords.train(iter(TEXTS), 31, subwords.kind)
    assert again == subwords and again.pieces == subwords.pieces
    assert again != Subwords.train(TEXTS, 19, subwords.kind)
    assert subwords.kind in repr(subwords) and str(len(subwords.pieces)) in repr(subwords)


def test_there_are_as_many_pieces_as_asked_for_or_fewer():
    assert len(Subwords.train(TEXTS, 31, "bpe").pieces) == 31
    for kind in KINDS:
        assert len(Subwords.train(TEXTS, 9973, kind).pieces) < 101


def test_what_was_saved_is_the_same(subwords, tmp_path):
    subwords.save(tmp_path / "subwords.model")
    assert Subwords.load(tmp_path / "subwords.model", subwords.kind) == subwords


@pytest.mark.parametrize(
    ("texts", "size", "kind", "message"),
    [
        (TEXTS, 31, "words", "bpe, unigram; received 'words'"),
        ([], 31, "bpe", "not blank"),
        ([" ", ""], 31, "unigram", "not blank"),
        (TEXTS, 13, "bpe", r"at least 16, the different characters .* received 13"),
        (TEXTS, 13, "unigram", r"at least 16"),
    ],
)
def test_mistakes_in_training(texts, size, kind, message):
    with pytest.raises(ValueError, match=message):
        Subwords.train(texts, size, kind)


@pytest.mark.parametrize("model", [b"", b"not a model", b"\x00" * 7])
def test_bytes_that_are_no_model(model):
    with pytest.raises(ValueError, match="Expected a model of sentencepiece"):
        Subwords(model, "bpe")


def test_training_is_quiet_and_the_library_is_imported_only_then():
    code = (
        "import sys\n"
        "import s2s_lesson.text, s2s_lesson.subwords\n"
        "assert 'sentencepiece' not in sys.modules\n"
        "for kind in s2s_lesson.subwords.KINDS:\n"
        "    s2s_lesson.subwords.Subwords.train(['one two three'] * 3, 31, kind)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""


PAIRS = [
    Pair("lower it", "plus bas"),
    Pair("the lowest", "le plus bas"),
    Pair("wider", "plus large"),
    Pair("the widest", "le plus large"),
]


def untrained(source_tokens="bpe", target_tokens="unigram", **options):
    engine.seed_everything(3)
    tokens = {"source_tokens": source_tokens, "target_tokens": target_tokens, "max_vocab_size": 23}
    return TextToText.from_pairs(PAIRS, max_output_length=17, **{**tokens, **SIZES, **options})


@pytest.fixture(scope="module")
def pipeline():
    return untrained()


def test_a_pipeline_learns_its_subwords(pipeline):
    assert (pipeline.source_tokens.kind, pipeline.target_tokens.kind) == ("bpe", "unigram")
    for vocab, tokens in (
        (pipeline.source_vocab, pipeline.source_tokens),
        (pipeline.target_vocab, pipeline.target_tokens),
    ):
        assert vocab.tokens == (*SPECIAL_TOKENS, *tokens.pieces) and len(vocab) <= 23
    assert len(pipeline.source_vocab) == 23


def test_a_prediction_of_subwords(pipeline, uncompiled):
    prediction = pipeline.predict(["the widest  漢"], beam_size=2)[0]
    assert prediction.source_tokens == (*pipeline.source_tokens.tokenize("the widest 漢"), EOS)
    assert prediction.unknown == ("漢",)
    assert prediction.attention_weights.shape == (len(prediction.tokens), len(prediction.source_tokens))
    written = [token for token in prediction.tokens if token != EOS]
    assert prediction.text == pipeline.target_tokens.detokenize(written)
    constrained = pipeline.predict(["wider"], prefix="le plus")[0]
    assert constrained.text.startswith("le plus")


def test_subwords_are_trained(pipeline, tmp_path, uncompiled):
    trained = untrained("bpe", "bpe", cell="gru", bidirectional=False)
    trained.fit(PAIRS[:2], PAIRS[2:3], epochs=1, folder=tmp_path, progress=False)
    same_predictions(TextToText.load(tmp_path).predict(["wider"]), trained.predict(["wider"]))
    history = trained.fit(PAIRS[:2], PAIRS[2:3], epochs=2, folder=tmp_path, progress=False, resume=True)
    assert len(history["loss"]) == 2
    with pytest.raises(ValueError, match="vocabularies and options that the run"):
        pipeline.fit(PAIRS, PAIRS, epochs=3, folder=tmp_path, resume=True)


def test_subwords_are_scored(pipeline, uncompiled):
    scores = evaluate(pipeline, PAIRS, beam_size=2)
    assert {"bleu", "chrf", "distinct_1"} <= scores.keys() and 0 <= scores["exact_match"] <= 1


def test_what_was_saved_predicts_the_same(pipeline, tmp_path, uncompiled):
    pipeline.save(tmp_path)
    before, after = (
        one.predict(["the wider low"], beam_size=3)[0] for one in (pipeline, TextToText.load(tmp_path))
    )
    assert (after.text, after.tokens) == (before.text, before.tokens)
    assert after.log_probability == before.log_probability
    np.testing.assert_array_equal(after.attention_weights, before.attention_weights)


@pytest.mark.slow(guard="tests/test_subwords.py::test_what_was_saved_predicts_the_same")
def test_what_was_saved_predicts_the_same_in_a_new_process(pipeline, tmp_path):
    pipeline.save(tmp_path)
    before = pipeline.predict(["the wider low"], beam_size=3)[0]
    code = (
        "import sys; import numpy as np; from s2s_lesson.pipeline import TextToText\n"
        "found = TextToText.load(sys.argv[1]).predict(['the wider low'], beam_size=3)[0]\n"
        "np.savez(sys.argv[1] + '/found.npz', weights=found.attention_weights, tokens=found.tokens,\n"
        "         text=found.text, log_probability=found.log_probability)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    with np.load(tmp_path / "found.npz") as found:
        assert found["text"] == before.text and tuple(found["tokens"]) == before.tokens
        assert found["log_probability"] == before.log_probability
        np.testing.assert_array_equal(found["weights"], before.attention_weights)


def test_a_run_folder_without_its_subwords_is_an_error(pipeline, tmp_path):
    pipeline.save(tmp_path)
    (tmp_path / "target_subwords.model").unlink()
    with pytest.raises(FileNotFoundError, match=r"Expected target_subwords\.model"):
        TextToText.load(tmp_path)


def test_both_sides_may_share_subwords_and_one_side_may_have_words(pipeline, uncompiled):
    shared = Subwords.train([text for pair in PAIRS for text in pair], 29, "bpe")
    both = untrained(shared, shared)
    assert both.source_vocab == both.target_vocab and len(both.source_vocab) == 29 + 4
    mixed = untrained("whitespace", "bpe")
    assert mixed.source_tokens == "whitespace" and "lowest" in mixed.source_vocab
    assert mixed.predict(["the lowest"])[0].source_tokens == ("the", "lowest", EOS)


def test_subwords_need_a_size():
    with pytest.raises(ValueError, match="Expected max_vocab_size with the tokenizer 'bpe'; received None"):
        untrained(max_vocab_size=None)
