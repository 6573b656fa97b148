"""Ensembles: copies of a model are the model, others equal exhaustive search over the mean."""

import keras
import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from keras import ops
from reference import log_softmax, softmax
from scripted import EOS, IDS
from step_layer import Layer, assert_same_results

from s2s_lesson import engine
from s2s_lesson.search import Ensemble, beam_search, greedy_search, sample, score_targets
from s2s_lesson.search.rows import Rows

BATCH, VOCAB_SIZE, NODES, LENGTH = 3, 5, 97, 7
MEANS = pytest.mark.parametrize("mean", ["probabilities", "log_probabilities"])
CONSTRAINTS = {"required": [[4], [2, 3]], "no_repeat_ngram": 2, "min_output_length": 3, "forced_end": True}
SEARCHES = {
    "greedy": (greedy_search, {}),
    "beam": (beam_search, {"beam_size": 3, "n_best": 3, "length_penalty": 1.0, "coverage_penalty": 0.2}),
    "groups": (beam_search, {"beam_size": 4, "n_best": 2, "groups": 2, "diversity_penalty": 0.7}),
    "constraints": (beam_search, {"beam_size": 3, "n_best": 2, **CONSTRAINTS}),
    "samples": (sample, {"n_samples": 3, "seed": 3, "temperature": 1.3, "top_p": 0.9}),
}


def states(count, tensors=False, seed=5):
    """States of so many scripted members, which differ, with attention."""
    made = []
    for member in range(count):
        attention, keys_mask = scripted.random_attention(seed + member, NODES, (7, 3, 5))
        tables = scripted.random_tables(seed + 11 * member, BATCH, VOCAB_SIZE, NODES)
        state = scripted.initial_state(tables, attention, keys_mask)
        state["node"] = state["node"].astype("int32")
        as_wanted = ops.convert_to_tensor if tensors else np.asarray
        made.append({name: as_wanted(leaf) for name, leaf in state.items()})
    return made


def searched(name, step, state, **more):
    search, options = SEARCHES[name]
    options = {**IDS, "max_output_length": LENGTH, "return_attention": True, **grouped(**options), **more}
    return search(step, state, **options)


@MEANS
@pytest.mark.parametrize("name", SEARCHES)
def test_copies_of_a_model_are_the_model(name, mean):
    (state,) = states(1)
    expected = searched(name, scripted.step, state)
    for weights in (None, [0.5, 0.2, 0.9]):
        ensemble = Ensemble([scripted.step] * 3, mean, weights)
        result = searched(name, ensemble.step, ensemble.start([state] * 3))
        assert_same_results(result, expected)


def mean_logits(tables, mean, weights):
    """What the mean says at each node, by the definition."""
    log_probs = np.stack([log_softmax(table.astype("float64")) for table in tables])
    weights = np.array(weights).reshape(-1, *[1] * (log_probs.ndim - 1)) / np.sum(weights)
    if mean == "probabilities":
        return np.log((weights * np.exp(log_probs)).sum(axis=0))
    return log_softmax((weights * log_probs).sum(axis=0))


@MEANS
def test_a_wide_beam_of_an_ensemble_equals_exhaustive_search_over_the_mean(mean):
    vocab_size, length, weights = 3, 5, [2.0, 1.0, 4.0]
    nodes = scripted.tree_nodes(vocab_size, length)
    tables = [scripted.random_tables(seed, 2, vocab_size, nodes) for seed in (3, 5, 7)]
    ensemble = Ensemble([scripted.step] * 3, mean, weights)
    state = ensemble.start([scripted.initial_state(table) for table in tables])
    result = beam_search(
        ensemble.step, state, **IDS, max_output_length=length, beam_size=67, n_best=67, length_penalty=1.0
    )
    for row in range(2):
        script = scripted.Script(mean_logits([table[row] for table in tables], mean, weights))
        every = slow_search.every_output(vocab_size, length)
        ranked = sorted(
            every,
            key=lambda output: -slow_search.score(script, output, script.total(output), length_penalty=1.0),
        )
        assert scripted.sequences(result, row) == ranked
        totals = [script.total(output) for output in ranked]
        np.testing.assert_allclose(result.log_probabilities[row, : len(ranked)], totals, rtol=1e-5)


@MEANS
def test_attention_is_the_mean_of_the_members_weighed_like_them(mean):
    ensemble = Ensemble([scripted.step] * 2, mean, [3, 1])
    result = searched("greedy", ensemble.step, ensemble.start(states(2)))
    attention = [state["attention_table"] for state in states(2)]
    expected = 0.75 * attention[0][:, 0] + 0.25 * attention[1][:, 0]
    np.testing.assert_allclose(result.attention_weights[:, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(("name", "mean"), [("beam", "probabilities"), ("samples", "log_probabilities")])
def test_members_of_an_engine_find_what_numpy_finds_compiled_or_mixed(name, mean):
    expected = searched(name, (plain := Ensemble([scripted.step] * 2, mean)).step, plain.start(states(2)))
    layer = Layer(scripted.ops_step)
    of_engine = Ensemble([layer.step, scripted.ops_step], mean)
    for compile_step in (None, True):
        state = of_engine.start(states(2, tensors=True))
        assert_same_results(searched(name, of_engine.step, state, compile_step=compile_step), expected)
    mixed = Ensemble([layer.step, scripted.step], mean)
    state = mixed.start([states(2, tensors=True)[0], states(2)[1]])
    assert_same_results(searched(name, mixed.step, state), expected)
    within = Ensemble([mixed.step], mean)
    assert_same_results(searched(name, within.step, within.start([state])), expected)


def test_compiled_members_are_traced_once_and_what_they_hand_on_stays_where_it_is():
    layers = [Layer(scripted.ops_step) for _ in range(2)]
    ensemble = Ensemble([layer.step for layer in layers])
    rows = Rows(ensemble.step, ensemble.start(states(2, tensors=True)), 2)
    rows.take(np.arange(BATCH), np.zeros((BATCH, 2), int))
    for _ in range(3):
        rows.step(np.full((BATCH, 2), 3))
        before = rows.state
        rows.take(np.arange(BATCH), np.full((BATCH, 2), 1))
        for member, earlier in zip(rows.state["members"], before["members"], strict=True):
            assert member["table"] is earlier["table"] and member["node"] is not earlier["node"]
        assert rows.state["keys_mask"] is before["keys_mask"]
    if keras.backend.backend() != "torch":
        assert [layer.runs for layer in layers] == [1, 1]
    assert rows.fixed_shapes == engine.compiles_each_shape()


class Sharing:
    """A scripted member whose tables have one row a sentence."""

    shared_leaves = ("table", "attention_table", "keys_mask")

    def __init__(self):
        self.rows = []

    def step(self, token_ids, state):
        self.rows.append((len(state["table"]), len(token_ids)))
        copies = len(token_ids) // len(state["table"])
        whole = {
            **state,
            **{name: np.repeat(state[name], copies, axis=0) for name in ("table", "attention_table")},
        }
        logits, new = scripted.step(token_ids, whole)
        return logits, {**new, **{name: state[name] for name in self.shared_leaves}}


def test_leaves_that_members_share_stay_shared():
    sharing = Sharing()
    ensemble = Ensemble([sharing.step, scripted.step])
    assert ensemble.shared_leaves == ("shared", "keys_mask")
    expected = searched("beam", (plain := Ensemble([scripted.step] * 2)).step, plain.start(states(2)))
    assert_same_results(searched("beam", ensemble.step, ensemble.start(states(2))), expected)
    assert all(sentences <= BATCH for sentences, _ in sharing.rows)
    assert sharing.rows[1] == (BATCH, 3 * BATCH)


@MEANS
def test_one_shortlist_holds_for_all_members(mean):
    given = [{**state, "candidate_ids": np.array([[EOS, 3, 4]] * BATCH)} for state in states(2)]
    ensemble = Ensemble([scripted.step] * 2, mean)
    result = searched("greedy", ensemble.step, ensemble.start(given))
    logits = mean_logits([state["table"][:, 0] for state in given], mean, [1, 1])
    logits[:, [0, 2]] = -np.inf
    np.testing.assert_array_equal(result.sequences[:, 0, 0], logits.argmax(axis=-1))
    first = result.token_log_probabilities[:, 0, 0]
    np.testing.assert_allclose(np.exp(first), softmax(logits).max(axis=-1), rtol=1e-5)
    given[1]["candidate_ids"] = np.array([[EOS, 2, 4]] * BATCH)
    for wrong in (given, [given[0], states(1)[0]]):
        with pytest.raises(ValueError, match="Expected the same leaf 'candidate_ids' in the states of all"):
            ensemble.start(wrong)


@MEANS
def test_a_member_without_probabilities_is_an_error_and_one_that_rules_out_is_none(mean):
    def ruling_out(token_ids, state):
        return np.log([[0.0, 0.3, 0.7]] * len(token_ids)), state

    def broken(token_ids, state):
        return np.full((len(token_ids), 3), np.nan), state

    def even(token_ids, state):
        return np.zeros((len(token_ids), 3)), state

    nothing = {"nothing": np.zeros((2, 1))}
    options = {**IDS, "max_output_length": 1, "beam_size": 3, "n_best": 3}
    with np.errstate(divide="ignore"):
        ensemble = Ensemble([ruling_out, even], mean)
        result = beam_search(ensemble.step, ensemble.start([nothing] * 2), **options)
    written = [2, 1, 0] if mean == "probabilities" else [2, 1]
    assert [tokens[0] for tokens in scripted.sequences(result, 0)] == written
    for members in ([broken, even], [even, broken]):
        ensemble = Ensemble(members, mean)
        with pytest.raises(ValueError, match="Expected finite logits from step"):
            beam_search(ensemble.step, ensemble.start([nothing] * 2), **options)


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ValueError, match="Expected at least one step; received none"):
        Ensemble([])
    with pytest.raises(ValueError, match="Expected one weight for each of 2 members; received 1"):
        Ensemble([scripted.step] * 2, weights=[1.0])
    ensemble = Ensemble([scripted.step] * 2)
    with pytest.raises(ValueError, match="Expected one state for each of 2 members; received 1"):
        ensemble.start(states(1))
    wider = scripted.initial_state(scripted.random_tables(5, BATCH, VOCAB_SIZE + 2, NODES))
    with pytest.raises(ValueError, match=r"Expected logits of one shape.*received.*\(3, 7\).*one vocabulary"):
        searched("greedy", ensemble.step, ensemble.start([states(1)[0], wider]), return_attention=False)
    ensemble = Ensemble([lambda token_ids, state: None])
    with pytest.raises(ValueError, match=r"Expected step to return a pair.*received NoneType"):
        searched("greedy", ensemble.step, ensemble.start(states(1)))


def test_given_targets_are_scored_as_they_were_found():
    (state,) = states(1)
    layer = Layer(scripted.ops_step)
    best = searched("beam", scripted.step, state)
    targets = best.sequences[:, 1]
    for step, given in ((scripted.step, state), (layer.step, states(1, tensors=True)[0])):
        log_probs, likeliest = score_targets(step, given, targets, **IDS)
        np.testing.assert_allclose(log_probs, best.token_log_probabilities[:, 1], rtol=1e-5, atol=1e-6)
    greedy = searched("greedy", scripted.step, state)
    log_probs, likeliest = score_targets(scripted.step, state, greedy.sequences[:, 0], **IDS)
    assert likeliest[:, 0].all() and log_probs.shape == likeliest.shape
    with pytest.raises(ValueError, match="Expected targets below 5, the size of the vocabulary; received 9"):
        score_targets(scripted.step, state, np.full((BATCH, 1), 9), **IDS)
    with pytest.raises(ValueError, match=r"Expected targets of shape \(3, target_length\)"):
        score_targets(scripted.step, state, targets[:2], **IDS)


def test_given_targets_off_a_shortlist_are_impossible():
    state = {**states(1)[0], "candidate_ids": np.array([[EOS, 3, 4]] * BATCH)}
    log_probs, likeliest = score_targets(scripted.step, state, np.array([[3], [2], [EOS]]), **IDS)
    among = log_softmax(state["table"][:, 0, [EOS, 3, 4]])
    np.testing.assert_allclose(log_probs[[0, 2], 0], among[[0, 2], [1, 0]], rtol=1e-5)
    assert log_probs[1, 0] == -np.inf and not likeliest[1, 0]
