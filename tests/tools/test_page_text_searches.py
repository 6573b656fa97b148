"""What views ask of a text in the page is what the package finds; long searches can be dropped."""

import math

import numpy as np
import pytest
from in_node import run_in_node
from page_data import FORMS
from page_models import pipeline_for_page
from page_twins import twin

import s2s_lesson
from s2s_lesson.search import Constraints, Scoring, beam_search, sampling_probabilities
from s2s_lesson.teaching import sampling_view
from s2s_lesson.teaching._exact import exact_search
from s2s_lesson.teaching._reader import Reader

NAME = "pronunciations"
SEARCHES = [  # word, beam size, n-best, length penalty, length formula, forbidden
    ("colonel", 3, 3, 0.0, "gnmt", ()),
    ("through", 10, 10, 1.0, "gnmt", ("UW",)),
    ("cat", 5, 1, 0.3, "average", ("AE",)),
]
HARD = {"beamSize": 1, "nBest": 1, "lengthPenalty": 2, "lengthFormula": "gnmt", "forbidden": []}
FILTERS = [{"temperature": 1.3, "topK": 5, "topP": 0.9}, {"temperature": 0, "topK": None, "topP": 1}]
CLOSE = {"atol": 2e-4}


@pytest.fixture(scope="module")
def pipeline():
    """The model with the weights of the page."""
    return twin(NAME)


@pytest.fixture(scope="module")
def stored():
    return pipeline_for_page(s2s_lesson.pretrained(NAME), FORMS[NAME])


@pytest.fixture(scope="module")
def answers(pipeline, stored, tmp_path_factory):
    """What the page answers: of each search, exact and not; of the next tokens; of each draw, twice."""
    questions = []
    for word, beam_size, n_best, penalty, formula, forbidden in SEARCHES:
        ids = [pipeline.target_vocab.encode([token])[0] for token in forbidden]
        sizes = {"beamSize": beam_size, "nBest": n_best}
        given = {**sizes, "lengthPenalty": penalty, "lengthFormula": formula, "forbidden": ids}
        questions += [["search", word, given], ["searchExactly", word, given]]
    questions.append(["nextTokens", "colonel"])
    questions += [["draw", "colonel", {"seed": 3, "count": 20, **filters}] for filters in FILTERS * 2]
    return run_in_node(
        "run_text_searches.mjs", {"stored": stored, "questions": questions}, tmp_path_factory.mktemp("texts")
    )


def expect_outputs(outputs, predictions):
    assert [output["tokens"] for output in outputs] == [list(one.tokens) for one in predictions]
    assert [output["text"] for output in outputs] == [one.text for one in predictions]
    for name in ("log_probability", "score"):
        expected = [getattr(one, name) for one in predictions]
        np.testing.assert_allclose([output[name] for output in outputs], expected, **CLOSE)


@pytest.mark.parametrize("place", range(len(SEARCHES)))
def test_searches_are_those_of_the_package(place, answers, pipeline, uncompiled):
    word, beam_size, n_best, penalty, formula, forbidden = SEARCHES[place]
    searched, exact = answers[2 * place : 2 * place + 2]
    scoring = Scoring(length_penalty=penalty, length_formula=formula)
    options = {"scoring": scoring, "constraints": Constraints(forbidden=list(forbidden))}
    for part, sizes in (("greedy", (1, 1)), ("beam", (beam_size, n_best))):
        [best] = pipeline.predict([word], *sizes, **options)
        expect_outputs(searched[part]["outputs"], [best, *best.alternatives])
    assert searched["greedy"]["steps"] == len(searched["greedy"]["outputs"][0]["tokens"])

    reader = Reader(pipeline, word)
    ids = [pipeline.target_vocab.encode([token])[0] for token in forbidden]
    in_ids = Constraints(forbidden=[[pipeline.target_vocab.unk_id], *([index] for index in ids)])
    sizes = {"beam_size": beam_size, "n_best": n_best, "return_tree": True}
    more = {**reader.options, "constraints": in_ids, "scoring": scoring}
    nodes = beam_search(reader.step, reader.state, **sizes, **more).tree.nodes(0)
    assert len(searched["beam"]["nodes"]) == len(nodes)
    for name, told in (("time", "time"), ("parent", "parent"), ("token", "id"), ("kept", "kept")):
        assert [node[told] for node in searched["beam"]["nodes"]] == [getattr(node, name) for node in nodes]
    scores = [node["score"] for node in searched["beam"]["nodes"]]
    np.testing.assert_allclose(scores, [node.score for node in nodes], atol=1e-3)
    assert searched["beam"]["steps"] == len({node.parent for node in nodes})

    reader.log_probs.possible = [index for index in reader.possible if index not in ids]
    best, steps = exact_search(reader.log_probs, reader.state, scoring=scoring, **reader.ends)
    assert exact["in_time"] and exact["steps"] == exact["stopped"] == steps
    assert exact["outputs"][0]["ids"] == best[0]
    np.testing.assert_allclose(exact["outputs"][0]["score"], best[2], **CLOSE)
    assert exact["outputs"][0]["score"] >= searched["beam"]["outputs"][0]["score"] - 1e-9


def test_the_next_tokens_are_those_of_the_package(answers, pipeline, uncompiled):
    told, expected = answers[2 * len(SEARCHES)], sampling_view(pipeline, "colonel", NAME).data["next"]
    assert told.keys() == expected.keys()
    assert told["tokens"] == expected["tokens"] and told["unknown"] == expected["unknown"]
    for name in ("surest", "least_sure"):
        assert told[name]["written"] == expected[name]["written"]
        np.testing.assert_allclose(told[name]["entropy"], expected[name]["entropy"], **CLOSE)
        np.testing.assert_allclose(told[name]["log_probs"], expected[name]["log_probs"], atol=1e-3)


def test_samples_are_counted_and_come_again_with_their_seed(answers, pipeline, uncompiled):
    drawn, greedy, *again = answers[2 * len(SEARCHES) + 1 :]
    assert again == [drawn, greedy]
    assert sum(output["times"] for output in drawn) == 20 and len(drawn) > 2
    assert [output["times"] for output in drawn] == sorted((one["times"] for one in drawn), reverse=True)
    pairs = [("colonel", output["text"]) for output in drawn]
    of_drawn = [output["log_probability"] for output in drawn]
    np.testing.assert_allclose(of_drawn, pipeline.log_probabilities(pairs), atol=1e-3)
    [best] = pipeline.predict(["colonel"], 1)
    assert [(output["text"], output["times"]) for output in greedy] == [(best.text, 20)]


def test_many_samples_come_as_often_as_they_are_likely(stored, pipeline, tmp_path, uncompiled):
    """Of the least sure step of a word, in which the tokens before it are all but certain."""
    filters, count = {"temperature": 0.7, "topK": 3, "topP": 1}, 400
    questions = [["nextTokens", "cat"], ["draw", "cat", {"seed": 1, "count": count, **filters}]]
    told, drawn = run_in_node("run_text_searches.mjs", {"stored": stored, "questions": questions}, tmp_path)
    log_probs = np.array([told["least_sure"]["log_probs"]])
    expected = sampling_probabilities(log_probs, temperature=0.7, top_k=3)[0].max()
    share = drawn[0]["times"] / count
    assert abs(share - expected) < 5 * math.sqrt(expected * (1 - expected) / count) + 0.01


def answered(stored, tmp_path, *messages, after):
    load = {"number": 1, "name": NAME, "stored": stored}
    told = run_in_node("run_worker.mjs", {"messages": [load, *messages], "after": after}, tmp_path)
    return [one["number"] for one in told], {one["number"]: one.get("error") for one in told}


def question(number, text, name="search"):
    return {"number": number, "name": NAME, "question": name, "given": [text, HARD]}


def test_a_long_search_lets_others_pass_and_can_be_dropped(stored, tmp_path):
    """The exact search of this word makes all its 20,000 steps, which takes far longer than the test."""
    slow = question(2, "colonel", "searchExactly")
    numbers, errors = answered(stored, tmp_path, slow, question(3, "cat"), {"drop": 2}, after=2)
    assert numbers == [1, 3] and errors == {1: None, 3: None}


def test_an_error_is_told_with_its_question(stored, tmp_path):
    numbers, errors = answered(
        stored, tmp_path, question(2, "", "searchExactly"), question(3, "cat"), after=2
    )
    assert numbers == [1, 2, 3]
    assert errors[2] == "Type something that the model can read." and errors[3] is None
