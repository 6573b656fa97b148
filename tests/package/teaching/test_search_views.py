"""The views of searches and of samples: stored examples, as the page itself would make them."""

import math

import numpy as np
import pytest
import scripted
import slow_search
from scripted import EOS

import s2s_lesson
from s2s_lesson.search import Scoring
from s2s_lesson.teaching import live_beam_view, sampling_view
from s2s_lesson.teaching._exact import LogProbs, exact_search

WORD = "colonel"


@pytest.fixture(scope="module")
def pipeline():
    return s2s_lesson.pretrained("pronunciations")


def test_the_searches_are_those_of_the_pipeline(pipeline, uncompiled):
    view = live_beam_view(pipeline, WORD, "pronunciations", label="A word", beam_size=3, n_best=2)
    searched = view.data["searched"]
    assert view.kind == "live-beam" and {name: view.data[name] for name in ("model", "label")} == {
        "model": "pronunciations",
        "label": "A word",
    }
    assert (view.data["beam_size"], view.data["n_best"]) == (3, 2)
    for name, sizes in {"greedy": (1, 1), "beam": (3, 2), "exact": (50, 1)}.items():
        [best] = pipeline.predict([WORD], *sizes)
        expected = [best, *best.alternatives]
        outputs = searched[name]["outputs"]
        assert [output["tokens"] for output in outputs] == [list(one.tokens) for one in expected]
        assert [output["text"] for output in outputs] == [one.text for one in expected]
        np.testing.assert_allclose(
            [output["score"] for output in outputs], [one.score for one in expected], atol=2e-4
        )
    assert searched["greedy"]["steps"] == len(searched["greedy"]["outputs"][0]["ids"])
    assert searched["exact"]["in_time"] and searched["unknown"] == []


def test_the_tree_holds_kept_pruned_and_ended_nodes(pipeline, uncompiled):
    view = live_beam_view(pipeline, WORD + "A", "pronunciations", beam_size=2)
    nodes = view.data["searched"]["beam"]["nodes"]
    assert view.data["searched"]["unknown"] == ["A"]
    assert {node["kept"] for node in nodes} == {node["ended"] for node in nodes} == {True, False}
    assert all(node["token"] == pipeline.target_vocab.tokens[node["id"]] for node in nodes)
    assert view.data["searched"]["beam"]["steps"] == len({node["parent"] for node in nodes})
    assert view.alt.startswith(f"Beam tree for {WORD}A and a beam of 2: ")
    assert "Greedy search: " in view.alt and view.picture.startswith("<?xml")


def test_the_steps_of_sampling_are_those_of_the_greedy_output(pipeline, uncompiled):
    view = sampling_view(pipeline, WORD, "pronunciations", count=7, seed=3)
    given, drawn = view.data["next"], view.data["drawn"]
    greedy = list(pipeline.predict([WORD], 1)[0].tokens)
    assert len(given["tokens"]) == len(pipeline.target_vocab) - 3  # all but padding, unknown and begin
    for name in ("surest", "least_sure"):
        step = given[name]
        probabilities = np.exp(step["log_probs"])
        place = len(step["written"])
        assert step["written"] == greedy[:place]
        assert given["tokens"][int(probabilities.argmax())] == greedy[place]
        assert probabilities.sum() == pytest.approx(1, abs=1e-3)
        entropy = -(probabilities * np.array(step["log_probs"])).sum()
        assert step["entropy"] == pytest.approx(entropy, abs=1e-3)
    assert given["surest"]["entropy"] < 0.1 < given["least_sure"]["entropy"]
    assert sum(output["times"] for output in drawn) == 7
    of_drawn = pipeline.log_probabilities([(WORD, output["text"]) for output in drawn])
    np.testing.assert_allclose([output["log_probability"] for output in drawn], of_drawn, atol=1e-3)
    assert view.alt.startswith(f"Bar charts of what may come next, for {WORD}. Surest, ")


def test_what_the_page_cannot_offer_is_refused(pipeline):
    with pytest.raises(ValueError, match="Expected beam_size up to 10, as in the page; received 11"):
        live_beam_view(pipeline, WORD, "pronunciations", beam_size=11)
    with pytest.raises(ValueError, match="Expected n_best of at most beam_size=2; received 3"):
        live_beam_view(pipeline, WORD, "pronunciations", beam_size=2, n_best=3)
    with pytest.raises(ValueError, match="Expected a text that the model can read; received ''"):
        sampling_view(pipeline, "", "pronunciations")


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_search_equals_brute_force(seed):
    rng = np.random.default_rng([seed, 9])
    length, never = 4, {"bos_id": 0}
    tables = scripted.random_tables(seed, 1, 5, scripted.tree_nodes(5, length))
    scoring = {
        "length_penalty": float(rng.choice([0, 0.6, 2])),
        "length_formula": ("gnmt", "average")[seed % 2],
    }
    script = scripted.Script(tables[0])
    scores = {
        output: slow_search.score(script, output, script.total(output), **scoring)
        for output in slow_search.every_output(5, length)
        if slow_search.meets(output, **never)
    }
    log_probs = LogProbs(scripted.step, [index for index in range(5) if index != 0])
    ends = {"bos_id": 0, "eos_id": EOS, "max_output_length": length, "scoring": Scoring(**scoring)}
    (ids, log_probability, score), steps = exact_search(log_probs, scripted.initial_state(tables), **ends)
    assert score == pytest.approx(max(scores.values()), abs=1e-5)
    assert scores[tuple(ids)] == pytest.approx(score, abs=1e-5)
    assert log_probability == pytest.approx(script.total(tuple(ids)), abs=1e-5)

    best, as_many = exact_search(log_probs, scripted.initial_state(tables), max_steps=steps, **ends)
    assert best is not None and as_many == steps
    assert math.isclose(best[2], score)
    if steps > 1:
        given_up = exact_search(log_probs, scripted.initial_state(tables), max_steps=steps - 1, **ends)
        assert given_up == (None, steps - 1)
