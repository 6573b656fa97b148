"""distilled: which outputs of a scripted teacher count, how much, and that none is decoded twice."""

import json
import math
from types import SimpleNamespace

import pytest

from s2s_lesson.data import plain_pairs
from s2s_lesson.pipeline import distilled, n_best_lists
from s2s_lesson.pipeline.distillation import edit_similarity
from s2s_lesson.pipeline.n_best_lists import Hypothesis

PAIRS = [("un", "one"), ("deux", "two"), ("un", "one"), ("trois", "three"), ("", "blank")]
SHARES = {"un": {"one": 0.3, "a": 0.2, "ane": 0.1}, "deux": {"tow": 0.4, "two": 0.1, "deux": 0.05}}
SHARES["trois"] = {"thr": 0.5, " ": 0.2, "tree": 0.1}


class Scripted:
    """A teacher with three outputs for each source; "un" has one of them twice, as other tokens."""

    def __init__(self, breaks_at=None):
        self.asked, self.breaks_at = [], breaks_at

    def predict(self, sources, beam_size=5, n_best=1, *, truncate=False):
        assert truncate and beam_size >= n_best
        if self.breaks_at in sources:
            raise KeyboardInterrupt
        self.asked += sources
        return [self.written(source, n_best) for source in sources]

    def written(self, source, n_best):
        outputs = list(SHARES.get(source, {"": 1.0}).items())
        outputs += [("one", 0.1)] * (source == "un")
        best, *others = [
            SimpleNamespace(text=text, log_probability=math.log(share)) for text, share in outputs[:n_best]
        ]
        return SimpleNamespace(**vars(best), alternatives=others)


def weights(**options):
    pairs, weights = distilled(Scripted(), PAIRS, **options)
    assert plain_pairs(pairs) == pairs and len(weights) == len(pairs) == len(set(pairs))
    return {pair: pytest.approx(weight) for pair, weight in zip(pairs, weights, strict=True)}


def test_all_outputs_count_by_their_probability():
    assert weights() == {
        ("un", "one"): 2 * 4 / 7,  # a source that occurs twice; 0.3 + 0.1 of 0.7
        ("un", "a"): 2 * 2 / 7,
        ("un", "ane"): 2 * 1 / 7,
        ("deux", "tow"): 0.4 / 0.55,
        ("deux", "two"): 0.1 / 0.55,
        ("deux", "deux"): 0.05 / 0.55,
        ("trois", "thr"): 5 / 6,  # without the blank one
        ("trois", "tree"): 1 / 6,
    }
    assert weights(n_best=1) == weights(interpolation="best")


def test_the_best_output_counts_alone():
    assert weights(interpolation="best") == {("un", "one"): 2, ("deux", "tow"): 1, ("trois", "thr"): 1}


def test_the_output_closest_to_the_truth_counts_alone():
    expected = {("un", "one"): 2, ("deux", "two"): 1, ("trois", "tree"): 1}
    assert weights(interpolation="closest") == expected

    def farthest(text, reference):
        return -edit_similarity(text, reference)

    expected = {("un", "a"): 2, ("deux", "deux"): 1, ("trois", "thr"): 1}
    assert weights(interpolation="closest", similarity=farthest) == expected


def test_the_truth_has_a_weight_beside_the_outputs():
    both = weights(interpolation="best", with_truth=0.25)
    assert both.pop(("un", "one")) == 2.5  # it is what the teacher writes, too
    assert both == {
        ("deux", "tow"): 1,
        ("deux", "two"): 0.25,
        ("trois", "thr"): 1,
        ("trois", "three"): 0.25,
        ("", "blank"): 0.25,
    }


def test_each_source_is_decoded_once_and_what_was_decoded_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(n_best_lists, "AT_ONCE", 2)
    file, about = tmp_path / "n_best.jsonl", {"path": tmp_path / "n_best.jsonl", "made_by": {"teacher": "a"}}
    whole = distilled(first := Scripted(), PAIRS)
    assert first.asked == ["un", "deux", "trois", ""]
    with pytest.raises(KeyboardInterrupt):
        distilled(Scripted(breaks_at="trois"), PAIRS, **about)
    with open(file, "a", encoding="utf-8") as opened:
        opened.write('{"source": "trois", "hypo')  # killed while it wrote
    again = Scripted()
    assert distilled(again, PAIRS, **about) == whole and again.asked == ["trois", ""]
    assert distilled(idle := Scripted(), PAIRS, **about, interpolation="n_best") == whole and not idle.asked
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"n_best": 5, "beam_size": 5, "teacher": "a"}
    assert [line["source"] for line in lines[1:]] == ["un", "deux", "trois", ""]


def test_a_file_of_another_teacher_or_of_other_options_is_refused(tmp_path):
    file = tmp_path / "n_best.jsonl"
    n_best_lists.n_best_lists(Scripted(), ["un"], 2, path=file)
    read = n_best_lists.n_best_lists(Scripted(), ["un"], 2, path=file)
    assert read == {"un": [Hypothesis("one", math.log(0.3)), Hypothesis("a", math.log(0.2))]}
    for options in ({"n_best": 3}, {"n_best": 2, "made_by": {"teacher": "b"}}):
        with pytest.raises(ValueError, match=r"Expected outputs of .* it holds those of .*'n_best': 2"):
            n_best_lists.n_best_lists(Scripted(), ["un"], path=file, **options)


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(ValueError, match="Expected outputs to learn from; received none for 1 sources"):
        distilled(Scripted(), [("", "blank")])
