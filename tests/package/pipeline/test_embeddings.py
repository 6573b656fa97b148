"""Pretrained embeddings in a pipeline: which rows they fill, at what scale, and what is said."""

import keras
import numpy as np
import pytest

from s2s_lesson.pipeline import Matched, TextToText
from s2s_lesson.pipeline.recipe import prepare
from s2s_lesson.pipeline.settings import read_settings, written

PAIRS = [("one two", "1 2"), ("two", "2"), ("three two", "3 2")]
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "progress": False}
SOURCE = {"two": [0.1, 0.2, 0.3], "three": [-0.1, 0, 0.1], "four": [1, 1, 1]}
TARGET = {"1": [0.5, 0, 0]}


def pipeline_of(**options):
    return TextToText.from_pairs(PAIRS, **{**SIZES, **options})


def table(pipeline, side):
    part = pipeline.model.encoder if side == "source" else pipeline.model.decoder
    return keras.ops.convert_to_numpy(part.embedding.embeddings).copy()


def ids(vocab, *tokens):
    return vocab.encode(tokens, add_eos=False)


def file_of(path, vectors):
    rows = (f"{token} {' '.join(map(str, vector))}\n" for token, vector in vectors.items())
    path.write_text("".join(rows), encoding="utf-8")
    return path


def test_vectors_are_put_in_their_rows_and_all_others_stay(tmp_path):
    pipeline = pipeline_of()
    before = table(pipeline, "source"), table(pipeline, "target")
    path = file_of(tmp_path / "words.txt", SOURCE)
    matched = pipeline.use_embeddings(source=path, target=TARGET, rescale=False, pairs=PAIRS)
    assert matched == {"source": Matched(3, 2, 5, 4), "target": Matched(3, 1, 5, 1)}
    assert matched["source"].share == pytest.approx(2 / 3) and matched["source"].share_of_tokens == 0.8
    for side, expected, vectors in zip(("source", "target"), before, (SOURCE, TARGET), strict=True):
        vocab = getattr(pipeline, f"{side}_vocab")
        for token in vectors.keys() & set(vocab.tokens):
            expected[ids(vocab, token)] = vectors[token]
        np.testing.assert_array_equal(table(pipeline, side), expected)
    assert pipeline.model.config.frozen_embeddings == "none"


@pytest.mark.parametrize("tied", [False, True])
def test_rescaled_vectors_are_as_great_as_the_others_and_keep_their_directions(tied):
    pipeline = pipeline_of(tied_output=tied)
    before = table(pipeline, "target")
    assert pipeline.use_embeddings(target={**TARGET, "2": [0, 2, 2]}) == {"target": Matched(3, 2)}
    rows = table(pipeline, "target")[ids(pipeline.target_vocab, "1", "2")]
    np.testing.assert_allclose(np.mean(rows**2), np.mean(before**2), rtol=1e-5)
    np.testing.assert_allclose(rows[1], rows[0, 0] * np.array([0, 4, 4]), rtol=1e-5)


@pytest.mark.slow(
    guard="tests/package/layers/test_embeddings.py::"
    "test_all_but_frozen_embeddings_can_be_trained_also_when_loaded"
)
def test_a_frozen_embedding_stays_in_training_and_when_saved_and_resumed(tmp_path, uncompiled):
    options = {"epochs": 1, "progress": False, "learning_rate": 0.1, "folder": tmp_path}
    pipeline = pipeline_of()
    pipeline.use_embeddings(source=SOURCE, frozen=True)
    frozen, trained = table(pipeline, "source"), table(pipeline, "target")
    pipeline.fit(PAIRS, PAIRS, **options)
    loaded = TextToText.load(tmp_path)
    assert loaded.model.config.frozen_embeddings == "source"
    assert not np.array_equal(table(loaded, "target"), trained)
    again = pipeline_of()
    again.use_embeddings(source=SOURCE, frozen=True)
    again.fit(PAIRS, PAIRS, **{**options, "epochs": 2}, resume=True)
    for each in (pipeline, loaded, again):
        np.testing.assert_array_equal(table(each, "source"), frozen)
    assert not np.array_equal(table(again, "target"), table(loaded, "target"))


def test_sides_that_were_frozen_stay_so():
    pipeline = pipeline_of(frozen_embeddings="source")
    weights = pipeline.model.get_weights()
    pipeline.use_embeddings(target=TARGET, frozen=True, rescale=False)
    assert pipeline.model.config.frozen_embeddings == "both"
    changed = [
        not np.array_equal(new, old) for new, old in zip(pipeline.model.get_weights(), weights, strict=True)
    ]
    assert sum(changed) == 1


def test_a_shared_embedding_is_one_table_for_the_words_of_both_sides():
    pipeline = pipeline_of(shared_vocab=True, shared_embedding=True, tied_output=True)
    vectors = {"two": [0.1, 0.2, 0.3], "1": [0.5, 0, 0]}
    assert pipeline.use_embeddings(source=vectors, frozen=True, pairs=PAIRS)["source"] == Matched(6, 2, 10, 4)
    assert pipeline.model.config.frozen_embeddings == "both"
    with pytest.raises(ValueError, match="Expected embeddings of one side for a shared embedding"):
        pipeline.use_embeddings(source=vectors, target=vectors)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        ({}, {}, "Expected embeddings of the source, of the target, or of both; received none"),
        ({}, {"frozen": True}, "Expected embeddings of the source, of the target, or of both"),
        (
            {},
            {"source": {"two": [1, 2]}},
            "Expected source embeddings of 3 numbers, as the model has embedding_dim=3; received 2 in a "
            "dict. Make the model with embedding_dim=2",
        ),
        (
            {"decoder": "self_attention", "decoder_units": 8},
            {"target": TARGET},
            "Expected target embeddings of 8 numbers, as the model has decoder_units=8; received 3",
        ),
        (
            {},
            {"source": {"TWO": [1, 2, 3]}},
            "Expected vectors of words of the source .* 'two', .*none of them",
        ),
        ({}, {"source": {"two": [0, 0, 0]}}, "Expected source embeddings that are not 0 throughout"),
        ({}, {"source": SOURCE, "target": {"1": [1, 2]}}, "Expected target embeddings of 3 numbers"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(options, given, message):
    pipeline = pipeline_of(**options)
    before = pipeline.model.get_weights()
    with pytest.raises(ValueError, match=message):
        pipeline.use_embeddings(**given)
    assert all(map(np.array_equal, pipeline.model.get_weights(), before))


def test_a_file_of_another_width_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "words.vec"
    path.write_text("2 5\nnot even a row\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"received 5 in .*words.vec. .* --set model.embedding_dim=5"):
        pipeline_of().use_embeddings(source=path)


def test_settings_name_the_files_and_repeat_the_run(tmp_path):
    data = tmp_path / "pairs.tsv"
    rows = (f"{'two ' * (1 + number % 5)}x{number}\t{number}" for number in range(60))
    data.write_text("\n".join(rows), encoding="utf-8")
    path, heard = file_of(tmp_path / "words.vec", SOURCE), []
    model = {name: SIZES[name] for name in ("embedding_dim", "encoder_units", "decoder_units")}
    embeddings = {"source": str(path), "frozen": True}
    texts = {"source_tokens": "words"}
    settings = {"data": {"files": [str(data)]}, "model": model, "texts": texts, "embeddings": embeddings}
    first = prepare(settings, say=heard.append)
    assert heard[-1].startswith("source embeddings: 1 of ") and "running words" in heard[-1]
    assert first.pipeline.model.config.frozen_embeddings == "source"
    assert first.settings["embeddings"] == {**embeddings, "target": None, "rescale": True}
    (tmp_path / "run.toml").write_text(written(first.settings), encoding="utf-8")
    again = prepare(read_settings(tmp_path / "run.toml"))
    assert again.settings == first.settings
    for mine, other in zip(first.pipeline.model.weights, again.pipeline.model.weights, strict=True):
        np.testing.assert_array_equal(mine, other)
