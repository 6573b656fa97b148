"""The trees of several beam sizes as one: each search can be read back from it."""

import json

import pytest
import scripted
from scripted import IDS

from s2s_lesson.search import beam_search, beam_trees, tree_nodes

BATCH, VOCAB_SIZE, LENGTH, SIZES = 2, 5, 4, (1, 2, 3, 7)
TABLES = scripted.random_tables(11, BATCH, VOCAB_SIZE, scripted.tree_nodes(VOCAB_SIZE, LENGTH))
TABLES[..., scripted.EOS] -= 3  # few hypotheses end before the last step
STATE = scripted.initial_state(TABLES)
TREES = beam_trees(scripted.step, STATE, beam_sizes=SIZES, max_output_length=LENGTH, **IDS)


def by_output(nodes):
    """What is to be the same, for each output so far."""
    outputs, facts = [], {}
    for node in nodes:
        before = () if node.parent is None else outputs[node.parent]
        outputs.append((*before, node.token))
        facts[outputs[-1]] = (node.time, node.kept, node.ended, pytest.approx(node.log_probability, abs=6e-4))
    return facts


@pytest.mark.parametrize("sentence", range(BATCH))
@pytest.mark.parametrize("beam_size", SIZES)
def test_each_search_can_be_read_back(beam_size, sentence):
    options = {"beam_size": beam_size, "max_output_length": LENGTH, "return_tree": True}
    searched = beam_search(scripted.step, STATE, **options, **IDS).tree.nodes(sentence)
    read_back = tree_nodes(json.loads(json.dumps(TREES[sentence])), beam_size)
    assert len(read_back) == len(searched)
    assert by_output(read_back) == by_output(searched)


def test_a_log_probability_is_the_sum_of_those_of_its_tokens():
    nodes = tree_nodes(TREES[0], 7)
    assert len(nodes) > 20
    for node in nodes:
        before = 0 if node.parent is None else nodes[node.parent].log_probability
        assert node.log_probability == pytest.approx(before + node.token_log_probability)
        assert node.score == node.log_probability


def test_a_candidate_stands_once_whatever_the_number_of_beam_sizes():
    outputs = {output for size in SIZES for output in by_output(tree_nodes(TREES[0], size))}
    assert len(TREES[0]["parents"]) == len(outputs) == len(TREES[0]["token_ids"])
    assert all(parent < number for number, parent in enumerate(TREES[0]["parents"]))


def test_wrong_beam_sizes_are_errors():
    with pytest.raises(ValueError, match="Expected a beam size among 1, 2, 3, 7; received 4"):
        tree_nodes(TREES[0], 4)
    with pytest.raises(ValueError, match="Expected at least one beam size; received none"):
        beam_trees(scripted.step, STATE, beam_sizes=(), max_output_length=LENGTH, **IDS)
