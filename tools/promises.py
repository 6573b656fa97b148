"""Write the table of book/appendix-promises.md anew, from a run of the conformance suite.

python -m pytest tests/conformance --junitxml=_build/conformance.xml
python tools/promises.py _build/conformance.xml

`make promises` does both.
"""

import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tables import rewritten

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "book" / "appendix-promises.md"
BEGIN, END = "<!-- The table begins; tools/promises.py writes it. -->\n", "<!-- The table ends. -->\n"
COLUMNS = ("promise", "tests", "passed", "skipped", "failed")
# Each promise with what holds it: files of tests/conformance, or single tests of a file.
PROMISES = {
    "More padding changes no logit. A batch of N equals N batches of one, in any order.": (
        "padding_and_batches",
    ),
    "This holds for any batch size, lengths, padding and numbers, for every attention and every model.": (
        "properties",
    ),
    "Attention weights sum to 1 and are exactly 0 on padding. A row of nothing but padding gives no NaN.": (
        "attention_weights",
    ),
    "Nor does 16-bit precision give NaN; its results stay near those of 32 bits.": ("mixed_precision",),
    "Each attention, the LSTM step and the whole forward pass equal a plain NumPy reference to 1e-5.": (
        "numpy_reference",
    ),
    "Attention and masks equal those of Keras, where their definition is the same.": (
        "outside_implementations",
    ),
    "On PyTorch, encoder and dot attention equal PyTorch's own modules.": ("torch_modules",),
    "Teacher-forced decoding equals decoding step by step.": ("step_by_step",),
    "Dropout works alike in every order of decoding, and in training alone.": ("dropout",),
    "An exported model, run by ONNX Runtime, computes what the model does to 1e-5, whatever its options.": (
        "exported",
    ),
    "Compiled for batches of any shape, models compute and learn what they do uncompiled.": ("compiled",),
    "A training loop written out with `GradientTape` takes the same steps as `Model.fit`.": (
        "tensorflow_loop::test_teacher_forcing",
        "tensorflow_loop::test_compiled_teacher_forcing",
        "tensorflow_loop::test_scheduled_sampling_and_joint_training",
        "tensorflow_loop::test_compiled_scheduled_sampling_and_joint_training",
    ),
    "A sample weight of 0 is as good as leaving a row out, and one of 2 as having it twice. Two replicas "
    "train as one.": (
        "sample_weights",
        "replicas",
        "tensorflow_loop::test_the_loss_in_the_scope_of_a_strategy_is_that_outside",
    ),
    "The faster loop of the LSTM refuses a mask that it cannot read.": (
        "tensorflow_loop::test_a_mask_that_the_faster_loop_cannot_read_is_refused",
    ),
    "A beam of size 1 equals greedy search.": (
        "searches::test_a_beam_of_one_takes_the_likeliest_token_at_each_step",
    ),
    "A beam as wide as the search space equals exhaustive search; a narrower one equals a slow search that "
    "never stops early.": (
        "searches::test_a_beam_as_wide_as_the_search_space_equals_exhaustive_search",
        "searches::test_many_wide_beams_equal_exhaustive_search",
        "searches::test_a_narrow_beam_equals_a_slow_one_that_never_stops_early",
        "searches::test_many_narrow_beams_equal_a_slow_one_that_never_stops_early",
        "searches::test_top_ended_misses_nothing_where_scores_only_fall",
    ),
    "Required phrases are in the output at any beam size, where there is one that holds them.": (
        "searches::test_a_beam_of_any_size_finds_an_output_with_all_required_phrases",
        "searches::test_a_beam_of_any_size_finds_required_tokens_that_no_repeat_may_hit",
    ),
    "Finished hypotheses stay as they are. No result depends on the other rows of its batch.": (
        "searches::test_finished_hypotheses_stay_frozen",
        "searches::test_batch_mates_and_the_order_of_the_batch_change_nothing",
    ),
    "Ties are broken by a rule: the hypothesis that stood higher, then the smaller token.": (
        "searches::test_ties_go_to_the_hypothesis_that_stood_higher_and_then_to_the_smaller_token",
        "searches::test_of_outputs_as_good_as_each_other_the_one_that_ended_first_comes_first",
        "searches::test_ties_are_broken_as_in_the_slow_search",
    ),
    "Searches of real models find what scoring whole targets finds, compiled or not.": (
        "searches_of_models",
    ),
    "Saving and loading gives the same logits in a new process, and on every other engine to 1e-5.": (
        "save_and_load",
    ),
    "Same seed and same machine: same history. A run that was killed and resumed equals one that was not.": (
        "kill_and_resume",
    ),
    "On JAX, two processes that train together learn what one learns; a run goes on with another number of "
    "them.": ("distribution",),
}


def holds(claim, test):
    """Whether a claim, such as "searches" or "searches::test_ties", means a test "searches::test_ties"."""
    return test == claim or test.partition("::")[0] == claim


def outcomes(report):
    """What became of each test in a JUnit report: pairs of "searches::test_ties" and its outcome."""
    pairs = []
    for case in ET.parse(report).iter("testcase"):
        names = re.findall(r"conformance\.test_(\w+)", case.get("classname", ""))
        if names:
            kinds = {child.tag for child in case}
            outcome = (
                "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
            )
            pairs.append((f"{names[0]}::{case.get('name').partition('[')[0]}", outcome))
    if not pairs:
        raise ValueError(
            f"Expected a report of tests/conformance; received {report}, which names none of its tests."
        )
    return pairs


def table(results):
    """The table in Markdown; a promise none of whose tests ran says so."""
    lines = [COLUMNS, ["---", *["--:"] * 4]]
    for promise, claims in PROMISES.items():
        count = Counter(outcome for test, outcome in results if any(holds(claim, test) for claim in claims))
        numbers = (
            [str(count[kind]) for kind in ("passed", "skipped", "failed")] if count else ["not run", "", ""]
        )
        lines.append((promise, str(count.total()) if count else "", *numbers))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def versions():
    """The versions that a run used, as one line."""
    names = ("tensorflow", "jax", "torch", "keras", "numpy")
    used = [f"Python {sys.version.split()[0]}"]
    for name in names:
        try:
            used.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(used)


def write(report, page=PAGE):
    """Put the table of a report into the page."""
    results = outcomes(report)
    passed = sum(outcome == "passed" for _, outcome in results)
    text = f"{table(results)}\n{passed} of {len(results)} tests passed, with {versions()}.\n"
    old = page.read_text(encoding="utf-8")
    page.write_text(rewritten(old, BEGIN, END, text), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected the report of a run; run: make promises")
    write(sys.argv[1])
