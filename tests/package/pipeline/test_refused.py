"""Options of a pipeline that are refused before anything is computed or written."""

import dataclasses

import numpy as np
import pytest

from s2s_lesson.data import Vocabulary
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline import TextToText, exposure
from s2s_lesson.search import Constraints
from s2s_lesson.training import Optimization, compile_model
from s2s_lesson.training import fit as fit_model
from s2s_lesson.training.run_folder import LOCK

SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "max_output_length": 11}
TOKENS = {"source_tokens": "characters", "target_tokens": "characters"}
PAIRS = [("ab", "ba"), ("abc", "cba"), ("c", "c"), ("ca", "ac"), ("bb", "bb")]  # of one bucket a length


@pytest.fixture(scope="module")
def pipeline():
    return TextToText.from_pairs(PAIRS, **TOKENS, **SIZES)


def weights(pipeline):
    return [np.array(weight) for weight in pipeline.model.get_weights()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": -1}, "Expected batch_size of at least 1; received -1"),
        (
            {"beam_size": 10**9},
            "Expected beam_size that the free memory .*; received 1000000000, which needs",
        ),
        ({"length_penalty": np.nan}, "Expected length_penalty of at least 0; received nan"),
        ({"stopping": "soon"}, "Expected stopping one of exact, .*; received 'soon'"),
        ({"truncate": "no"}, "Expected truncate as True or False; received 'no'"),
    ],
)
def test_searching(pipeline, options, message):
    with pytest.raises(ValueError, match=message):
        pipeline.predict(["ab"], **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "Expected temperature of at least 0; received -1"),
        ({"top_k": np.nan}, "Expected top_k as an int, or None; received nan"),
        ({"top_p": 0}, "Expected top_p above 0 and up to 1, or None; received 0"),
        (
            {"n_samples": 10**9},
            "Expected n_samples that the free memory .*; received 1000000000, which needs",
        ),
        ({"seed": -1}, "Expected seed from 0 to 4294967295, or a Sequence; received -1"),
    ],
)
def test_sampling(pipeline, options, message):
    with pytest.raises(ValueError, match=message):
        pipeline.sample(["ab"], **options)


def test_options_of_a_search_are_looked_at_even_if_there_is_no_text(pipeline):
    with pytest.raises(ValueError, match="Expected temperature of at least 0; received -1"):
        pipeline.sample([], temperature=-1)


def test_no_run_is_so_long_that_it_could_not_come_twice(pipeline, uncompiled):
    plain = pipeline.predict(["ab"])[0]
    assert pipeline.predict(["ab"], constraints=Constraints(no_repeat_ngram=10**9))[0].tokens == plain.tokens


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "Expected epochs of at least 1, or None; received 0"),
        ({"label_smoothing": 1}, "Expected label_smoothing from 0 to below 1; received 1"),
        ({"label_smoothing": -0.1}, "Expected label_smoothing from 0 to below 1; received -0.1"),
        ({"learning_rate": np.inf}, "Expected learning_rate as a finite number, or None; received inf"),
        ({"patience": -1}, "Expected patience of at least 1, or None; received -1"),
        ({"checkpoint_every": 0}, "Expected checkpoint_every of at least 1; received 0"),
        (
            {"epochs": 2, "batch_size": 5, "optimization": Optimization(accumulation=97)},
            r"Expected accumulation of at most \d, the batches of the run; received 97",
        ),
        (
            {"epochs": 2, "batch_size": 5, "optimization": Optimization(warmup_steps=97)},
            r"Expected warmup_steps from 0 to below steps=\d; received 97",
        ),
    ],
)
def test_training(pipeline, tmp_path, options, message):
    before, folder = weights(pipeline), tmp_path / "run"
    with pytest.raises(ValueError, match=message):
        pipeline.fit(PAIRS, PAIRS, **{"epochs": 1, "folder": folder, "progress": False, **options})
    assert all(map(np.array_equal, before, weights(pipeline)))
    assert not folder.exists() or {path.name for path in folder.iterdir()} <= {LOCK}


def test_an_accumulation_of_more_batches_than_the_run_has_makes_no_update(pipeline, uncompiled):
    """It is counted on over the epochs: as many batches as the run has make one."""
    batches = pipeline.batches(PAIRS[2:4], batch_size=1)
    run = {"epochs": 2, "progress": False}
    model = Seq2Seq(pipeline.model.config)
    compile_model(model, accumulation=2 * len(batches) + 1)
    with pytest.raises(ValueError, match=f"Expected accumulation of at most {2 * len(batches)}, the batches"):
        fit_model(model, batches, batches, **run)
    compile_model(model, accumulation=2 * len(batches))
    before = model.get_weights()
    fit_model(model, batches, batches, **run)
    assert not all(map(np.array_equal, before, model.get_weights()))


def test_a_shared_embedding_needs_a_shared_vocabulary():
    with pytest.raises(ValueError, match="Expected shared_embedding with shared_vocab=True"):
        TextToText.from_pairs(PAIRS, shared_embedding=True, **TOKENS, **SIZES)
    shared = TextToText.from_pairs(PAIRS, shared_embedding=True, shared_vocab=True, **TOKENS, **SIZES)
    others = Vocabulary("xyz")
    assert len(others) == len(shared.target_vocab)  # equally long, and of other tokens
    with pytest.raises(ValueError, match="Expected one vocabulary for both sides"):
        TextToText(shared.model, shared.source_vocab, others, **TOKENS)
    apart = dataclasses.replace(shared.model.config, shared_embedding=False)
    TextToText(Seq2Seq(apart), shared.source_vocab, others, **TOKENS)


def test_options_of_the_model_come_before_the_pairs():
    def pairs():
        raise AssertionError("the pairs were read")
        yield

    with pytest.raises(ValueError, match="Expected dropout from 0 to below 1; received 1"):
        TextToText.from_pairs(pairs(), dropout=1, **TOKENS)


def test_shares(pipeline):
    with pytest.raises(ValueError, match=r"Expected shares with each from 0 to 1; received \(0\.1, 1\.5\)"):
        exposure(pipeline, PAIRS, shares=(0.1, 1.5))
