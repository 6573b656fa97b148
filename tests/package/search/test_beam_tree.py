"""The beam tree: all that a search looked at, and how it belongs together."""

import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from scripted import EOS, IDS

from s2s_lesson.search import beam_search

VOCAB_SIZE, NODES, LENGTH, BATCH = 5, 97, 7, 3
TABLES = scripted.random_tables(23, BATCH, VOCAB_SIZE, NODES)
TABLES[0, :, EOS] += 4  # one sentence is done early, and leaves the batch
ATTENTION, KEYS_MASK = scripted.random_attention(23, NODES, (7, 3, 5))
OPTIONS = {
    "plain": {"beam_size": 3, "n_best": 2},
    "greedy": {"beam_size": 1},
    "wide": {"beam_size": 11, "n_best": 7},
    "penalties": {
        "beam_size": 3,
        "length_penalty": 1.0,
        "length_formula": "average",
    },
    "required": {"beam_size": 3, "required": [[4], [], [[2, 3], [0]]], "no_repeat_ngram": 2},
    "groups": {"beam_size": 6, "groups": 3, "n_best": 3, "diversity_penalty": 0.7, "prefix": [2]},
    "never": {"beam_size": 3, "stopping": "never", "min_output_length": 3},
}


def search(**options):
    state = scripted.initial_state(TABLES, ATTENTION, KEYS_MASK)
    options = grouped(**options)
    return beam_search(scripted.step, state, **IDS, max_output_length=LENGTH, return_tree=True, **options)


def path(nodes, index):
    """The tokens from the first one to that of a node."""
    tokens = []
    while index is not None:
        tokens.insert(0, nodes[index].token)
        index = nodes[index].parent
    return tuple(tokens)


@pytest.mark.parametrize("sentence", range(BATCH))
@pytest.mark.parametrize("name", OPTIONS)
def test_parents_sums_and_scores_fit_together(name, sentence):
    options = OPTIONS[name]
    scoring = {key: options[key] for key in options if key.endswith(("_penalty", "_formula"))}
    scoring.pop("diversity_penalty", None)
    nodes = search(**options).tree.nodes(sentence)
    script = scripted.Script(TABLES[sentence], ATTENTION[sentence], KEYS_MASK[sentence])
    assert {node.time for node in nodes if node.parent is None} == {0}
    for index, node in enumerate(nodes):
        sequence, before = path(nodes, index), 0.0
        assert len(sequence) == node.time + 1
        assert node.ended == (node.token == EOS)
        if node.parent is not None:
            parent = nodes[node.parent]
            assert node.parent < index and parent.time == node.time - 1
            assert parent.kept and not parent.ended
            before = parent.log_probability
        assert node.log_probability == pytest.approx(before + node.token_log_probability, abs=1e-9)
        log_probs = script.log_probs(sequence[:-1])
        assert node.token_log_probability == pytest.approx(log_probs[node.token], abs=1e-5)
        expected = slow_search.score(script, sequence, script.total(sequence), **scoring)
        assert node.score == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sentence", range(BATCH))
@pytest.mark.parametrize("name", OPTIONS)
def test_every_output_is_a_path_of_kept_nodes(name, sentence):
    result = search(**OPTIONS[name])
    nodes = result.tree.nodes(sentence)
    kept = {}
    for index, node in enumerate(nodes):
        if node.kept:
            kept[path(nodes, index)] = node
    outputs = scripted.sequences(result, sentence)
    assert outputs
    for rank, sequence in enumerate(outputs):
        assert kept[sequence].score == pytest.approx(result.scores[sentence, rank], abs=1e-5)
        total = result.log_probabilities[sentence, rank]
        assert kept[sequence].log_probability == pytest.approx(total, abs=1e-5)
        for length in range(1, len(sequence)):
            assert not kept[sequence[:length]].ended


def test_scores_in_the_tree_leave_out_the_coverage_penalty():
    plain, with_coverage = (search(beam_size=3, coverage_penalty=penalty) for penalty in (0.0, 0.3))
    assert [node.score for node in with_coverage.tree.nodes(0)[:3]] == [
        node.score for node in plain.tree.nodes(0)[:3]
    ]
    assert with_coverage.scores[0, 0] < plain.scores[0, 0]


@pytest.mark.parametrize("sentence", range(BATCH))
@pytest.mark.parametrize("name", ["plain", "wide", "penalties", "never"])
def test_the_likeliest_tokens_of_each_open_hypothesis_are_there_the_pruned_ones_too(name, sentence):
    options = OPTIONS[name]
    nodes = search(**options).tree.nodes(sentence)
    script, last = scripted.Script(TABLES[sentence]), max(node.time for node in nodes)
    count = min(options["beam_size"], VOCAB_SIZE)
    opened = [(None, ())] + [
        (index, path(nodes, index))
        for index, node in enumerate(nodes)
        if node.kept and not node.ended and node.time < last
    ]
    for index, sequence in opened:
        tokens = [node.token for node in nodes if node.parent == index]
        limit = {
            "max_output_length": LENGTH,
            "vocab_size": VOCAB_SIZE,
            "min_output_length": options.get("min_output_length", 1),
        }
        possible = [t for t in range(VOCAB_SIZE) if slow_search.may_come_next(sequence, t, limit)]
        likeliest = sorted(possible, key=lambda token: -script.log_probs(sequence)[token])
        assert tokens == likeliest[:count]
    for time in range(last + 1):
        assert sum(node.kept for node in nodes if node.time == time) <= options["beam_size"]
    assert last == 0 or any(not node.kept for node in nodes)
    looked_at = {path(nodes, index) for index in range(len(nodes))}
    assert len(looked_at) == len(nodes)


def test_the_nodes_of_a_sentence_are_those_of_its_own_search():
    for name in ("plain", "groups", "never"):
        tree = search(**OPTIONS[name]).tree
        for sentence in range(BATCH):
            row = [sentence]
            alone = beam_search(
                scripted.step,
                scripted.initial_state(TABLES[row], ATTENTION[row], KEYS_MASK[row]),
                **IDS,
                max_output_length=LENGTH,
                return_tree=True,
                **grouped(**OPTIONS[name]),
            ).tree.nodes(0)
            together = tree.nodes(sentence)
            facts = [
                [(node.time, node.parent, node.token, node.kept, node.ended) for node in nodes]
                for nodes in (alone, together)
            ]
            assert facts[0] == facts[1]
            scores = [[node.score for node in nodes] for nodes in (alone, together)]
            np.testing.assert_allclose(*scores, atol=1e-5)
