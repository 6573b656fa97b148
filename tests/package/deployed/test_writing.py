"""Whatever makes the steps of a search can write: no engine is needed, and no progress bar."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from copier import Copier

from s2s_lesson.data.vocabulary import EOS
from s2s_lesson.deployed.writing import predict, sample
from s2s_lesson.search import Constraints, Scoring

HELPERS = Path(__file__).parents[2] / "helpers"
LOG_PROBABILITY = 5 - np.log(np.exp(5) + 6)  # of a letter or the end, among 7 tokens
WITHOUT = """
import json
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("keras", "tensorflow", "jax", "torch", "tqdm"):
            raise ModuleNotFoundError("not here", name=name)

sys.meta_path.insert(0, Nowhere())
from copier import Copier
from s2s_lesson.deployed.writing import predict

(one,) = predict(Copier(), ["cab"], beam_size=2, n_best=2)
weights, others = one.attention_weights.tolist(), len(one.alternatives)
print(json.dumps({**vars(one), "attention_weights": weights, "alternatives": others}))
try:
    predict(Copier(), ["cab"], progress=True)
except ModuleNotFoundError as error:
    print(error)
"""
TEXTS = ["cab", "", "bb", "a", "cc"]


def test_what_is_written_is_what_the_steps_say():
    predictions = predict(Copier(), TEXTS, beam_size=3, n_best=2, unknown=True, batch_size=2)
    assert [prediction.source for prediction in predictions] == TEXTS
    assert [prediction.text for prediction in predictions] == TEXTS
    first = predictions[0]
    assert first.source_tokens == first.tokens == ("c", "a", "b", EOS)
    assert first.log_probability == first.score == pytest.approx(4 * LOG_PROBABILITY, abs=1e-5)
    np.testing.assert_array_equal(first.attention_weights, np.eye(4))
    assert len(first.alternatives) == 1 and first.unknown == ()
    assert predict(Copier(), ["aZ"])[0].unknown == ("Z",)


def test_samples_do_not_depend_on_their_batches():
    one, other = (sample(Copier(), TEXTS, 7, seed=5, batch_size=size, temperature=2.0) for size in (2, 64))
    drawn = [[each.tokens for each in (best, *best.alternatives)] for best in one]
    assert drawn == [[each.tokens for each in (best, *best.alternatives)] for best in other]
    assert len({tokens for tokens in drawn[0]}) > 1


def test_each_source_may_have_a_seed_of_its_own():
    texts, seeds = ["cab", "", "bb"], [[5, 1], 3, [5, 0]]
    own = sample(Copier(), texts, 7, seed=seeds, temperature=2.0)
    (first, second) = sample(Copier(), ["bb", "cab"], 7, seed=5, temperature=2.0)
    drawn, wanted = ([each.tokens for each in (one, *one.alternatives)] for one in (own[0], second))
    assert drawn == wanted and own[2].tokens == first.tokens and own[1].text == ""
    with pytest.raises(ValueError, match=r"Expected one seed, or one for each of 3 sources; received 2\."):
        sample(Copier(), texts, seed=[1, 2])


def test_leaves_that_a_writer_shares_are_kept_once_a_source():
    copier = Copier()
    predict(copier, ["cab", "ab", "b"], beam_size=5)
    assert copier.rows[0] == (3, 3) and copier.rows[1] == (3, 15)


def test_what_is_too_long_is_refused_or_cut_and_constraints_are_texts():
    copier = Copier(max_source_length=3, max_output_length=5)
    with pytest.raises(ValueError, match="Expected texts of at most 3 tokens; text 1 has 4"):
        predict(copier, ["a", "abca"])
    assert predict(copier, ["abca"], truncate=True)[0].text == "abc"
    assert predict(copier, ["abc"], constraints=Constraints(prefix="b"))[0].text == "bbc"


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_is_shown_where_it_is_asked_for(progress, capsys):
    predict(Copier(), TEXTS, batch_size=2, progress=progress)
    assert ("decoding" in capsys.readouterr().err) is progress


def test_writing_needs_neither_keras_nor_a_progress_bar():
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HELPERS)},
    )
    assert ran.returncode == 0, ran.stderr
    written, error = ran.stdout.splitlines()
    (here,) = predict(Copier(), ["cab"], beam_size=2, n_best=2)
    expected = {**vars(here), "attention_weights": np.eye(4).tolist(), "alternatives": 1}
    assert json.loads(written) == json.loads(json.dumps(expected))
    assert error.startswith("Expected the package tqdm; there is none.")


def test_the_log_probability_of_each_token_is_told():
    best = predict(Copier(), TEXTS, beam_size=3, n_best=2)[0]
    for prediction in (best, *best.alternatives, *sample(Copier(), ["ab"], 2)):
        assert len(prediction.token_log_probabilities) == len(prediction.tokens)
        assert sum(prediction.token_log_probabilities) == pytest.approx(prediction.log_probability, abs=1e-5)
    assert best.token_log_probabilities == pytest.approx([LOG_PROBABILITY] * 4, abs=1e-5)


def test_all_that_a_search_looked_at_is_told_where_it_is_asked_for():
    first, blank, *_ = predict(Copier(), TEXTS, beam_size=2, n_best=2, return_tree=True, batch_size=2)
    kept = [node.token for node in first.tree if node.kept and node.time == 0]
    assert Copier().target_vocab.tokens[kept[0]] == "c" and len(kept) == 2
    assert blank.tree is None and all(other.tree is None for other in first.alternatives)
    assert predict(Copier(), ["cab"])[0].tree is None


def test_outputs_may_be_shorter_than_the_model_can_write():
    (cut,) = predict(Copier(), ["cab"], max_output_length=2)
    assert (cut.text, cut.tokens) == ("ca", ("c", "a"))
    assert sample(Copier(), ["cab"], max_output_length=1)[0].tokens in {(letter,) for letter in "abc"} | {
        (EOS,)
    }
    most = Copier().max_output_length
    with pytest.raises(ValueError, match=rf"Expected max_output_length of at most {most}, what the"):
        predict(Copier(), ["cab"], max_output_length=most + 1)
    with pytest.raises(ValueError, match="Expected max_output_length of at least 1"):
        predict(Copier(), ["cab"], max_output_length=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eos_id": 3}, r"received eos_id\. The model decides on eos_id: leave it out\."),
        ({"return_attention": False, "beam_width": 3}, r"received return_attention, beam_width\. The model"),
        (
            {"beam_width": 3},
            r"Expected options of beam_search among max_output_length, .*beam_width\. Leave it out\.$",
        ),
    ],
)
def test_an_option_that_is_none_or_that_is_set_already_is_named(options, message):
    with pytest.raises(TypeError, match=message):
        predict(Copier(), ["cab"], **options)


def test_an_option_that_is_set_twice_is_named():
    with pytest.raises(ValueError, match=r"Expected length_penalty within scoring; received 1\.0 beside"):
        predict(Copier(), ["cab"], length_penalty=1.0, scoring=Scoring(0.5))
    with pytest.raises(TypeError, match=r"multiple values for .*'beam_size'"):
        predict(Copier(), ["cab"], 3, beam_size=2)
