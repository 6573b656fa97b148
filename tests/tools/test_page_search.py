"""The page's searches, in JavaScript, equal those of ``s2s_lesson.search``, and plain references.

Scripted models are searched by both. No engine is needed, and no package of npm.
"""

import re

import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from page_searches import (
    WIDE,
    camel_case,
    drawn_beam,
    drawn_exact,
    drawn_filters,
    drawn_model,
    drawn_sample,
    drawn_scoring,
    filtered,
    of_table,
    run,
    short_of_time,
)
from scripted import EOS

from s2s_lesson.search import beam_search, greedy_search, sample, sampling_probabilities

CLOSE = {"rtol": 1e-6, "atol": 1e-6}
FINE = {"rtol": 1e-12, "atol": 1e-12}
TIED = 1e-5  # scores that are nearer to each other, and not equal, may be ordered by rounding
ROWS = [
    [0.0, 0.0],
    [-np.inf, 3.5],
    [1e4, 0.0, -1e4],
    *np.random.default_rng(5).normal(0, 5, (20, 11)).astype("float32"),
]
BORDERS = [  # logits, filters and the tokens that are left, all of the same probability
    ([0, 0, 0, 0], {"top_p": 0.5}, [0, 1]),
    ([0, 0, 0, 0], {"top_p": 0.5000001}, [0, 1, 2]),
    ([0, 0, 0, 0], {"top_p": 1e-9}, [0]),
    ([0, 1, 1, 1], {"top_k": 2}, [1, 2]),
    ([0, 0, 0, 0], {"top_k": 2, "top_p": 0.5}, [0]),  # half of what the first filter left
    ([1, 2, 2], {"temperature": 0}, [1]),
    ([1, 2, 2], {"temperature": 1e-9}, [1, 2]),
    ([-np.inf, -np.inf], {"top_k": 1, "top_p": 0.5}, []),
    ([-np.inf, -np.inf], {"temperature": 0}, []),
]
SEEDS = [0, 1, 2**31, 2**32 - 1]
EVEN, CERTAIN_AFTER_0 = [[0, 0, 0, 0, 0]], [[0, 0], [-np.inf, 0], [-np.inf, 0]]
ALMOST_EQUAL = [[0, 0, 1e-8, 0]]  # as log-probabilities of single precision they are equal
SPECIAL = [  # and the outputs
    (of_table("beamSearch", EVEN, max_output_length=2, beam_size=3, n_best=3), [[1], [0, 0], [0, 1]]),
    (of_table("beamSearch", CERTAIN_AFTER_0, beam_size=2, n_best=2), [[1], [0, 1]]),
    (of_table("beamSearch", ALMOST_EQUAL, max_output_length=1, beam_size=2, n_best=2), [[2], [0]]),
    (of_table("beamSearch", [[-np.inf, -np.inf, 0]], forbidden=[2]), []),
    (of_table("greedySearch", EVEN), [[0, 0, 0]]),
    (of_table("greedySearch", [[-np.inf, -np.inf, 0]], forbidden=[2]), []),
    (of_table("exactSearch", [[-np.inf, -np.inf, 0]], forbidden=[2]), []),
    (of_table("sample", [[-np.inf, -np.inf, 0]], forbidden=[2]), []),
]
WRONG = [  # and what is said
    (of_table("beamSearch", EVEN, beam_size=0), "beamSize as a whole number of at least 1; received 0"),
    (of_table("beamSearch", EVEN, beam_size=2.5), "beamSize as a whole number of at least 1; received 2.5"),
    (of_table("beamSearch", EVEN, beam_size="3"), 'beamSize as a whole number of at least 1; received "3"'),
    (of_table("beamSearch", EVEN, beam_size=2, n_best=3), "nBest of at most beamSize=2; received 3"),
    (of_table("beamSearch", EVEN, beam=3), 'among .*, beamSize, nBest; received "beam"'),
    (of_table("beamSearch", EVEN, length_penalty=-1), "lengthPenalty as a number of at least 0; received -1"),
    (of_table("beamSearch", EVEN, length_formula="mean"), 'as "gnmt" or "average"; received "mean"'),
    (of_table("beamSearch", EVEN, coverage_penalty=1), "attentionWeights from step"),
    (of_table("beamSearch", EVEN, bos_id=5), "bosId below 5, .*; received 5"),
    (of_table("beamSearch", EVEN, pad_id=7), "padId below 5, .*; received 7"),
    (of_table("beamSearch", EVEN, forbidden=[9]), "forbidden below 5, .*; received 9"),
    (of_table("beamSearch", EVEN, forbidden=[[1]]), r"forbidden as a list of ids; received \[\[1\]\]"),
    (of_table("beamSearch", EVEN, forbidden=list(range(5))), r"to leave a token .*; received \[0,1,2,3,4\]"),
    (of_table("greedySearch", EVEN, beam_size=1), 'received "beamSize"'),
    (of_table("greedySearch", EVEN, max_output_length=None), "maxOutputLength .*; received null"),
    (of_table("greedySearch", [[-np.inf, -np.inf]]), "Expected finite logits from step"),
    (of_table("exactSearch", EVEN, max_steps=0), "maxSteps as a whole number of at least 1; received 0"),
    (of_table("sample", EVEN, temperature=-1), "temperature as a number of at least 0; received -1"),
    (of_table("sample", EVEN, top_k=0), "topK as a whole number of at least 1, or null; received 0"),
    (of_table("sample", EVEN, top_p=0), "topP above 0 and up to 1, or null; received 0"),
    (of_table("sample", EVEN, top_p=1.1), "topP above 0 and up to 1, or null; received 1.1"),
    (of_table("sample", EVEN, random=0.5), "random as a function .*; received 0.5"),
    (filtered([0, 0], {"top": 1}), 'among temperature, topK, topP; received "top"'),
    ({"run": "logSoftmax", "logits": [-np.inf], "options": {}}, "Expected finite logits from step"),
    ({"run": "mulberry32", "seed": -1, "count": 1, "options": {}}, "seed from 0 to .*; received -1"),
    (
        {"run": "mulberry32", "seed": 2**32, "count": 1, "options": {}},
        "seed from 0 to .*; received 4294967296",
    ),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A dict from the name of a group to its cases with what they give; all are run at once."""
    groups = {
        "greedy": [drawn_model(seed, "greedySearch") for seed in range(20)],
        "beams": [drawn_beam(seed) for seed in range(40)],
        "ties": [drawn_beam(seed, tied=True) for seed in range(40)],
        "wide ties": [drawn_beam(seed, (5, 3), tied=True) for seed in (0, 6, 12, 18)],
        "wide": [drawn_beam(seed, sizes) for sizes in WIDE for seed in range(6)],
        "exact": [drawn_exact(seed, sizes) for sizes in WIDE for seed in range(12)],
        "straight": [of_table("exactSearch", [[5, 0, 4]])],
        "short of time": [short_of_time(steps) for steps in range(1, 16)],
        "filters": [drawn_filters(seed) for seed in range(150)],
        "logits": [{"run": "logSoftmax", "logits": logits, "options": {}} for logits in ROWS],
        "borders": [filtered(*border[:2]) for border in BORDERS],
        "samples": [drawn_sample(seed) for seed in range(40)],
        "numbers": [{"run": "mulberry32", "seed": seed, "count": 5, "options": {}} for seed in SEEDS],
        "special": [case for case, _ in SPECIAL],
        "wrong": [case for case, _ in WRONG],
    }
    cases = [case for group in groups.values() for case in group]
    results = iter(run(cases, tmp_path_factory.mktemp("page_search")))
    return {name: [(case, next(results)) for case in group] for name, group in groups.items()}


# Python's searches, and comparing with them


def in_python(search, case, **more):
    """The same search by the package; None where it says that the constraints leave no output."""
    options = {name: value for name, value in case["options"].items() if name != "forbidden"}
    forbidden = {"forbidden": case["options"].get("forbidden", ())}
    state = scripted.initial_state(case["table"][None], case["attention"][None])
    try:
        return search(scripted.step, state, **grouped(**options, **forbidden), return_attention=True, **more)
    except ValueError as error:
        assert "Expected forbidden to leave a token" in str(error)
        return None


def expect_outputs(outputs, result):
    assert [tuple(output["ids"]) for output in outputs] == scripted.sequences(result, 0)
    for rank, output in enumerate(outputs):
        length = len(output["ids"])
        np.testing.assert_allclose(output["logProbability"], result.log_probabilities[0, rank], **CLOSE)
        np.testing.assert_allclose(output["score"], result.scores[0, rank], **CLOSE)
        of_tokens = result.token_log_probabilities[0, rank, :length]
        np.testing.assert_allclose(output["tokenLogProbabilities"], of_tokens, **CLOSE)
        attention = result.attention_weights[0, rank, :length]
        np.testing.assert_allclose(output["attentionWeights"], attention, **CLOSE)


def expect_tree(nodes, tree):
    expected = tree.nodes(0)
    assert len(nodes) == len(expected)
    for name in ("time", "parent", "token", "kept", "ended"):
        assert [node[name] for node in nodes] == [getattr(node, name) for node in expected]
    for name in ("token_log_probability", "log_probability", "score"):
        values = [getattr(node, name) for node in expected]
        np.testing.assert_allclose([node[camel_case(name)] for node in nodes], values, **CLOSE)


def compared(result):
    """The scores that were compared with each other: a list for each step, and one for the outputs."""
    nodes = result.tree.nodes(0)
    ended = [(node.time, node.score) for node in nodes if node.kept and node.ended]
    for time in range(nodes[-1].time + 1 if nodes else 0):
        yield [node.score for node in nodes if node.time == time] + [at for end, at in ended if end < time]
    yield result.scores[0][result.lengths[0] > 0].tolist()


def rounding_decides(result):
    gaps = [gap for scores in compared(result) for gap in np.diff(np.sort(scores))]
    return any(0 < gap < TIED for gap in gaps)


def expect_the_beams_of_python(cases):
    """Compare all; how many were left out, as rounding decides, and the others with Python's results."""
    left_out, results = 0, []
    for case, answer in cases:
        result = in_python(beam_search, case, return_tree=True)
        if result is None:
            assert "Expected forbidden to leave a token" in answer["error"]
        elif rounding_decides(result):
            left_out += 1
        else:
            expect_outputs(answer["outputs"], result)
            expect_tree(answer["tree"], result.tree)
            results.append((case, result))
    return left_out, results


def test_greedy_search_equals_that_of_the_package(page):
    for case, output in page["greedy"]:
        result = in_python(greedy_search, case)
        if result is None:
            assert "Expected forbidden to leave a token" in output["error"]
        else:
            expect_outputs([output] if output else [], result)


def test_beams_and_their_trees_equal_those_of_the_package(page):
    left_out, results = expect_the_beams_of_python(page["beams"])
    assert left_out <= 3 and len(results) > 30
    ended_early = [
        result.tree.nodes(0)[-1].time + 1 < case["options"]["max_output_length"] for case, result in results
    ]
    assert any(ended_early) and not all(ended_early)


def test_ties_are_broken_as_the_package_breaks_them(page):
    left_out, results = expect_the_beams_of_python(page["ties"])
    assert left_out <= 10 and len(results) > 25
    tied = [any(len(set(scores)) < len(scores) for scores in compared(result)) for _, result in results]
    assert sum(tied) > 20
    left_out, results = expect_the_beams_of_python(page["wide ties"])
    assert left_out == 0 and all(result.lengths.size > 5 for _, result in results)


def test_beams_as_wide_as_the_space_equal_those_of_the_package(page):
    left_out, results = expect_the_beams_of_python(page["wide"])
    assert left_out <= 3 and len(results) > 7


def test_what_is_special(page):
    for (_, answer), (case, expected) in zip(page["special"], SPECIAL, strict=True):
        assert not (isinstance(answer, dict) and "error" in answer), (case, answer)
        if case["run"] == "beamSearch":
            outputs = answer["outputs"]
        else:
            output = answer["output"] if case["run"] == "exactSearch" else answer
            outputs = [output] if output else []
        assert [output["ids"] for output in outputs] == expected


def brute_force(case):
    """Every output that there can be, with its score."""
    script = scripted.Script(case["table"], case["attention"])
    options = dict(case["options"], forbidden=[[token] for token in case["options"].get("forbidden", ())])
    scoring = {name: options.pop(name) for name in drawn_scoring(np.random.default_rng(0)) if name in options}
    outputs = slow_search.every_output(case["table"].shape[1], options["max_output_length"])
    scores = {
        output: slow_search.score(script, output, script.total(output), **scoring)
        for output in outputs
        if slow_search.meets(output, **options)
    }
    return {output: score for output, score in scores.items() if score > -np.inf}


def test_the_exact_search_equals_brute_force(page):
    saved = []
    for case, answer in page["exact"]:
        scores = brute_force(case)
        if not scores:
            assert "error" in answer or answer["output"] is None
            continue
        assert answer["inTime"]
        np.testing.assert_allclose(answer["output"]["score"], max(scores.values()), **CLOSE)
        np.testing.assert_allclose(scores[tuple(answer["output"]["ids"])], answer["output"]["score"], **CLOSE)
        prefixes = {output[:length] for output in scores for length in range(len(output))}
        assert answer["steps"] <= len(prefixes)
        saved.append(answer["steps"] < len(prefixes))
    assert sum(saved) > 10


def test_the_exact_search_makes_no_step_where_nothing_better_can_come(page):
    ((_, answer),) = page["straight"]
    assert (answer["output"]["ids"], answer["inTime"], answer["steps"]) == ([0, 0, 0], True, 3)


def test_the_exact_search_gives_up_after_so_many_steps(page):
    (whole, *_), best = [answer for _, answer in page["short of time"] if answer["inTime"]], None
    scores = brute_force(page["short of time"][0][0])
    assert whole["steps"] > 5  # more than the first way down
    for case, answer in page["short of time"]:
        max_steps = case["options"]["max_steps"]
        assert answer["inTime"] == (max_steps >= whole["steps"])
        assert answer["steps"] == min(max_steps, whole["steps"])
        score = answer["output"]["score"] if answer["output"] else -np.inf
        assert best is None or score >= best
        best = score
    np.testing.assert_allclose(best, max(scores.values()), **CLOSE)


def test_log_softmax_is_rounded_where_the_package_rounds(page):
    for case, log_probs in page["logits"]:
        logits = np.array(case["logits"], "float32")
        exact = logits.astype("float64")
        normaliser = exact.max() + np.log(np.exp(exact - exact.max()).sum())
        log_probs = np.array([-np.inf if value is None else value for value in log_probs])
        assert log_probs.tolist() == (logits - np.float32(normaliser)).tolist()
        np.testing.assert_allclose(log_probs, exact - normaliser, rtol=1e-6, atol=1e-6)


def test_filters_of_sampling_equal_those_of_the_package_and_plain_ones(page):
    for case, probabilities in page["filters"]:
        logits, options = case["logits"], case["options"]
        np.testing.assert_allclose(probabilities, sampling_probabilities(logits[None], **options)[0], **FINE)
        if np.isfinite(logits).any():
            softmax = np.exp(logits.astype("float64") - logits.max())
            expected = slow_search.tokens_to_draw_from((softmax / softmax.sum()).tolist(), **options)
            np.testing.assert_allclose(probabilities, expected, **FINE)


def test_what_stands_at_the_border_of_a_filter(page):
    for (case, probabilities), (_, _, left) in zip(page["borders"], BORDERS, strict=True):
        expected = [(token in left) / max(len(left), 1) for token in range(len(case["logits"]))]
        np.testing.assert_allclose(probabilities, expected, **FINE)
        np.testing.assert_allclose(
            sampling_probabilities(case["logits"][None], **case["options"]), [expected], **FINE
        )


def drawn_plainly(case):
    """The output that the numbers of a case draw, token by token; None where no token is left."""
    script, options = scripted.Script(case["table"]), case["options"]
    filters = {name: options[name] for name in ("temperature", "top_k", "top_p") if name in options}
    never = slow_search.never(options) | set(options["forbidden"])
    output = ()
    for number in case["numbers"]:
        probabilities = np.exp(script.log_probs(output))
        probabilities[list(never)] = 0
        if not probabilities.any():
            return None
        left = slow_search.tokens_to_draw_from((probabilities / probabilities.sum()).tolist(), **filters)
        output += (int(np.searchsorted(np.cumsum(left), number, side="right")),)
        if output[-1] == EOS:
            break
    return output


def test_given_numbers_draw_what_they_draw_in_the_package_and_plainly(page):
    drawn = set()
    for seed, (case, output) in enumerate(page["samples"]):
        result = in_python(sample, case, seed=seed)
        if result is None:
            assert "Expected forbidden to leave a token" in output["error"]
            continue
        expect_outputs([output] if output else [], result)
        assert (tuple(output["ids"]) if output else None) == drawn_plainly(case)
        drawn.add(tuple(output["ids"]) if output else None)
    assert len(drawn) > 20


def mulberry32(seed, count):
    """The generator once more, on integers of any size."""
    numbers = []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) % 2**32
        bits = (seed ^ seed >> 15) * (seed | 1) % 2**32
        bits ^= (bits + (bits ^ bits >> 7) * (bits | 61)) % 2**32
        numbers.append((bits ^ bits >> 14) / 2**32)
    return numbers


def test_the_generator_gives_the_numbers_of_its_source(page):
    for case, numbers in page["numbers"]:
        assert numbers == mulberry32(case["seed"], case["count"])
    assert page["numbers"][0][1][0] == 0.26642920868471265


def test_options_out_of_range_are_refused(page):
    for (case, answer), (_, said) in zip(page["wrong"], WRONG, strict=True):
        assert re.match(f"Expected .*{said.removeprefix('Expected ')}.*", answer.get("error", "")), (
            case,
            answer,
            said,
        )
