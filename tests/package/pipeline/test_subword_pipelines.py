"""Pipelines of subwords: learned, trained, saved and scored like those of words."""

import subprocess
import sys

import numpy as np
import pytest
from predictions import same_predictions

from s2s_lesson import engine
from s2s_lesson.corpora import Pair
from s2s_lesson.data import SPECIAL_TOKENS, Subwords
from s2s_lesson.data.description import description_files
from s2s_lesson.data.vocabulary import EOS
from s2s_lesson.models.stored import write_model
from s2s_lesson.pipeline import TextToText, evaluate
from s2s_lesson.search import Constraints

SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
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
    constrained = pipeline.predict(["wider"], constraints=Constraints(prefix="le plus"))[0]
    assert constrained.text.startswith("le plus")


def test_subwords_are_trained(pipeline, tmp_path, uncompiled):
    trained = untrained("bpe", "bpe", cell="gru", bidirectional=False)
    trained.fit(PAIRS[:2], PAIRS[2:3], epochs=1, folder=tmp_path, progress=False)
    same_predictions(*(one.predict(["wider"], beam_size=1) for one in (TextToText.load(tmp_path), trained)))
    history = trained.fit(PAIRS[:2], PAIRS[2:3], epochs=2, folder=tmp_path, progress=False, resume=True)
    assert len(history["loss"]) == 2
    with pytest.raises(ValueError, match=r"received .*target_vocab_size = \d+ in place of 23"):
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


@pytest.mark.slow(
    guard="tests/package/pipeline/test_subword_pipelines.py::test_what_was_saved_predicts_the_same"
)
def test_what_was_saved_predicts_the_same_in_a_new_process(pipeline, tmp_path):
    pipeline.save(tmp_path)
    before = pipeline.predict(["the wider low"], beam_size=3)[0]
    code = (
        "import sys; import numpy as np; from s2s_lesson.pipeline import TextToText\n"
        "after = TextToText.load(sys.argv[1]).predict(['the wider low'], beam_size=3)[0]\n"
        "np.savez(sys.argv[1] + '/after.npz', weights=after.attention_weights, tokens=after.tokens,\n"
        "         text=after.text, log_probability=after.log_probability)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    with np.load(tmp_path / "after.npz") as after:
        assert after["text"] == before.text and tuple(after["tokens"]) == before.tokens
        assert after["log_probability"] == before.log_probability
        np.testing.assert_array_equal(after["weights"], before.attention_weights)


def test_a_run_folder_without_its_subwords_is_an_error(pipeline, tmp_path):
    files = description_files(*pipeline.description())
    del files["target_subwords.model"]
    write_model(pipeline.model, tmp_path / "model.keras", files)
    with pytest.raises(FileNotFoundError, match=r"Expected target_subwords\.model"):
        TextToText.load(tmp_path)


def test_both_sides_may_share_subwords_and_one_side_may_have_words(pipeline, uncompiled):
    shared = Subwords.train([text for pair in PAIRS for text in pair], 29, "bpe")
    both = untrained(shared, shared)
    assert both.source_vocab == both.target_vocab and len(both.source_vocab) == 29 + 4
    mixed = untrained("whitespace", "bpe")
    assert mixed.source_tokens == "whitespace" and "lowest" in mixed.source_vocab
    assert mixed.predict(["the lowest"], beam_size=1)[0].source_tokens == ("the", "lowest", EOS)


def test_subwords_need_a_size():
    with pytest.raises(ValueError, match="Expected max_vocab_size with the tokenizer 'bpe'; received None"):
        untrained(max_vocab_size=None)
