"""The benchmarks: one command each, which writes the results that name it, and one way to sum figures up."""

import ast
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import BENCHMARKS, command_line, main
from benchmarks.peers import joeynmt
from benchmarks.shared import decoders, quick, ranking, summaries
from benchmarks.shared.arithmetic import gigaflops, multiply_adds
from benchmarks.shared.masks import without_masks
from benchmarks.shared.processes import Process, in_processes, in_turns, run_to_end
from benchmarks.shared.results import Missing, file_name, kept, runs_of, write_results
from s2s_lesson.deployed import writing
from tests.helpers.copier import Copier

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
RESULTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "book" / "results").glob("*.json"))
}
COMMANDS = {name: results["command"].split() for name, results in RESULTS.items()}
PREFIX = ["python", "-m", "benchmarks"]
NEEDED = {"figures": ["dates"]}  # arguments that have no default


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Small sizes, in a folder of the test."""
    monkeypatch.setenv(quick.VARIABLE, "test")
    monkeypatch.setattr(quick, "ROOT", tmp_path)
    return tmp_path / "runs" / "quick" / "test"


def imported(path):
    """The modules of benchmarks that a file imports, functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("benchmarks"))
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module.startswith("benchmarks")):
            yield from ("." * node.level + f"{node.module}.{alias.name}" for alias in node.names)


def test_each_benchmark_is_a_command():
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "__main__"}
    assert modules == set(BENCHMARKS)
    assert list(BENCHMARKS) == sorted(BENCHMARKS)


def test_the_results_are_those_of_the_benchmarks():
    named = {(command[3], result) for result, command in COMMANDS.items()}
    assert named == {(name, result) for name, module in BENCHMARKS.items() for result in module.RESULTS}


@pytest.mark.parametrize("result", COMMANDS)
def test_the_command_of_a_result_can_be_given(result):
    command = COMMANDS[result]
    assert command[:3] == PREFIX
    options = command_line().parse_args(command[3:])
    assert result in BENCHMARKS[options.benchmark].RESULTS
    assert not options.quick


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_help_says_what_is_measured_by_which_command_and_where_it_goes(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert f"python -m benchmarks {name}" in shown and "--quick" in shown
    for result in BENCHMARKS[name].RESULTS:
        assert f"book/results/{result}.json" in shown


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_defaults(name):
    options = vars(command_line().parse_args([name, *NEEDED.get(name, [])]))
    assert options.pop("benchmark") == name and options.pop("quick") is False
    expected = {
        "attention": {"seeds": [0, 1, 2]},
        "bottleneck": {"seeds": [0, 1, 2], "processes": 2},
        "copying": {"seeds": [0, 1, 2]},
        "cornell": {"seeds": [0, 1, 2], "only": None, "full": False},
        "decode": {"turns": 7},
        "end_to_end": {"seeds": [0, 1, 2]},
        "figures": {"corpus": "dates", "seeds": [0, 1, 2]},
        "fine_tuning": {"seeds": [0, 1, 2], "task": None, "only": None},
        "first_paint": {"runs": 9},
        "improvements": {"only": None},
        "live": {"texts": 40},
        "memory": {"seeds": [0, 1]},
        "million": {"turns": 3},
        "own_data": {"seeds": [0, 1, 2]},
        "parse": {"turns": 3},
        "passes": {"seeds": [0, 1, 2]},
        "pointer": {"seeds": [0, 1, 2], "processes": 2},
        "pretrained": {"only": None},
        "recall": {"seeds": [0, 1, 2]},
        "signals": {"seeds": [0, 1, 2], "processes": 2},
        "spanish": {"only": None},
        "strategies": {"name": "strategies", "seeds": [0, 1, 2], "only": None},
        "switches": {"only": None},
        "tagger": {"seeds": [0, 1, 2]},
        "train": {"turns": 7, "timed": ["package", "joeynmt-2-passes"], "only": None, "threads": 2},
        "transformer": {"seeds": [0, 1, 2]},
    }
    assert options == expected.get(name, {})


def test_the_list_of_benchmarks_imports_nothing_heavy():
    code = "import sys, benchmarks.__main__ as b; b.command_line().format_help(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "benchmarks" in loaded
    assert loaded & {"keras", "tensorflow", "jax", "torch", "joeynmt", "playwright", "numpy"} == set()


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_no_benchmark_imports_another(path):
    if path.name == "__main__.py":
        return
    assert [name for name in imported(path) if name.split(".")[1] not in ("shared", "peers")] == []
    if path.parent.name == "shared":
        assert [name for name in imported(path) if name.split(".")[1] == "peers"] == []


def test_the_check_of_imports_finds_them(tmp_path):
    path = tmp_path / "one.py"
    path.write_text(
        "from benchmarks import two\ndef f():\n    import benchmarks.three\n    from . import four\n"
    )
    assert sorted(imported(path)) == [".None.four", "benchmarks.three", "benchmarks.two"]


def test_spreads_of_runs():
    runs = [{"right": 0.5, "pairs": 4, "name": "a", "area": None, "done": True}]
    runs.append({"right": 1.0, "pairs": 6, "name": "b", "area": 0.5, "done": True})
    right, pairs = ({"mean": 0.75, "min": 0.5, "max": 1.0}, {"mean": 5.0, "min": 4, "max": 6})
    assert summaries.spread([0.5, 1.0]) == right
    assert summaries.spreads(runs) == {"right": right, "pairs": pairs}
    assert summaries.spreads(runs, float) == {"right": right}


def test_turns_are_summed_up_by_medians_and_ratios_by_the_turn():
    assert summaries.medians([{"a": 3.0, "b": 0}, {"a": 1.0, "b": 0}, {"a": 2.0, "b": 0}], ["a"]) == {
        "a": 2.0
    }
    assert summaries.ratios([2.0, 9.0, 3.0], [1.0, 3.0, 2.0]) == [2.0, 3.0, 1.5]
    assert summaries.ratio([2.0, 9.0, 3.0], [1.0, 3.0, 2.0]) == 2.0
    with pytest.raises(ValueError):
        summaries.ratio([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("own", "other", "mean", "error", "beyond"),
    [
        ([3.0, 4.0, 5.0], [1.0, 1.0, 1.0], 3.0, 3**-0.5, True),  # differences 2, 3 and 4
        ([1.0, 2.0], [2.0, 1.0], 0.0, 1.0, False),  # of both signs
        ([2.0, 6.0], [1.0, 1.0], 3.0, 2.0, False),  # below twice the error
        ([2.0], [1.0], 1.0, None, False),
    ],
)
def test_differences_between_seeds(own, other, mean, error, beyond):
    difference = summaries.difference(own, other)
    assert difference["mean"] == mean and difference["beyond_noise"] is beyond
    assert difference["standard_error"] == (None if error is None else pytest.approx(error))


def test_the_arithmetic_by_hand():
    sizes = {"embedding_dim": 2, "encoder_units": 3, "encoder_layers": 2, "decoder_units": 5}
    counted = multiply_adds(
        {**sizes, "target_vocab_size": 7}, sources=1, positions=10, outputs=4, attended=40
    )
    layers = 2 * 4 * 3 * (2 + 3) + 2 * 4 * 3 * (6 + 3)
    assert counted["encoder"] == 10 * (layers + 6 * 5) + 2 * 6 * 5
    assert counted["decoder"] == 4 * (4 * 5 * (2 + 5) + (6 + 5) * 5 + 5 * 7) + 40 * (5 + 6)


def test_speeds_beside_a_product(small):
    product = 2 * 256**3 * 5 / 1e9
    speeds = gigaflops("search", 5e8, [1.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    assert speeds == {"product": product, "search": 0.5, "share": pytest.approx(0.5 / product)}


def test_rivals_take_turns_in_alternating_order():
    calls = []
    jobs = {name: lambda name=name: calls.append(name) or len(calls) for name in "ab"}
    assert in_turns(jobs, turns=2) == [{"a": 3, "b": 4}, {"a": 6, "b": 5}]
    assert calls == ["b", "a", "a", "b", "b", "a"]


def test_jobs_in_processes_come_back_in_order():
    results = in_processes(file_name, [("one, two", 0), ("three", 0.5)], threads=1)
    assert results == ["one_two-0", "three-0.5"]


def answering(word):
    """What answers in the process of the next test."""
    return lambda times: word * times


def test_a_process_answers_requests(tmp_path):
    log = tmp_path / "log"
    with Process("tests.tools.test_benchmarks:answering", "ab", log=log, threads=1) as process:
        answer = process(times=2)
        assert answer["result"] == "abab" and answer["seconds"] < 1
        assert 1 < process.loaded <= answer["peak_mebibytes"]
        with pytest.raises(RuntimeError, match="Its log is"):
            process(no_such_argument=1)
    assert "no_such_argument" in log.read_text()


def test_the_processor_seconds_of_a_program_are_its_own():
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    costs = [run_to_end([sys.executable, "-S", "-c", code])["processor_seconds"] for code in ("", busy)]
    assert costs[0] < 0.25 < 0.3 <= costs[1] < 1


def test_a_program_writes_out_what_it_compiled():
    code = "import sys; print(sys.dont_write_bytecode)"
    assert run_to_end([sys.executable, "-S", "-c", code])["output"] == "False\n"


def test_both_models_of_joeynmt_learn_from_the_same_texts(small):
    large, shipped = (joeynmt.config(model) for model in joeynmt.MODELS)
    assert large["data"] == shipped["data"] and large["training"] == shipped["training"]
    assert large["model_dir"] != shipped["model_dir"]
    assert [one["model"]["encoder"]["hidden_size"] for one in (large, shipped)] == [256, 128]
    assert [one["model"]["encoder"]["num_layers"] for one in (large, shipped)] == [2, 1]
    assert shipped["model"]["decoder"]["hidden_size"] == 128


def test_the_sizes_of_the_shipped_model_are_those_it_has():
    with np.load(BENCHMARKS["decode"].SHIPPED / "weights.npz") as stored:
        config = json.loads(str(stored["config"]))
    sizes = dict(joeynmt.SHIPPED_SIZES)
    units = sizes.pop("units")
    assert {name: config[name] for name in sizes} == sizes
    assert config["encoder_units"] == config["decoder_units"] == units


def test_the_search_of_a_benchmark_is_that_of_a_writer():
    words, sizes = ["cab", "a", "bb", "abcab"], {"embedding_dim": 2, "encoder_units": 3, "encoder_layers": 1}
    decode = decoders.searching(Copier(), {**sizes, "decoder_units": 5, "target_vocab_size": 7})
    assert decode(words, beam_size=2, batch_size=3) == [list(word) for word in words]
    assert decode(words, beam_size=2, batch_size=3, length=4, count=True)["steps"] == 2 * 4
    counted = decode(words, beam_size=1, batch_size=2, count=True)
    assert counted["positions"] == 2 * 3 + 2 * 6  # two batches, an end token with each word
    assert counted["steps"] == 3 + 6 and counted["rows"] >= 2 + 3 + 4 + 6
    assert counted["multiply_adds"] == counted["encoder"] + counted["decoder"] > 0


def test_words_alone_are_predicted_as_all_together():
    model = Copier()
    model.predict = partial(writing.predict, model)
    decode = decoders.predicting(model)
    together, alone = (
        decode(["cab", "a"], beam_size=2, batch_size=2, alone=alone) for alone in (False, True)
    )
    assert together == alone == [["cab"], ["a"]]


def test_a_process_of_an_exported_model_imports_no_engine(monkeypatch):
    decode = decoders.without_engine(lambda words: words)
    monkeypatch.setattr(decoders, "ENGINES", {"no_such_engine"})
    assert decode(["a"]) == ["a"]
    monkeypatch.setattr(decoders, "ENGINES", {"json"})
    with pytest.raises(RuntimeError, match="it imported json"):
        decode(["a"])


def test_speeds_of_decoding_are_held_against_joeynmt_by_the_turn():
    turns = [{"search": 2.0, "deployed": 1.0, "joeynmt": 4.0, "product": 1.0}] * 2
    names = list(turns[0])[:3]
    paired = {
        "turns": [*turns, {**turns[0], "joeynmt": 8.0}],
        "words": dict.fromkeys(names, 8),
        "memory": {name: {"loaded": 1, "peak": 2} for name in names},
        "arithmetic": {"multiply_adds": 1e9},
    }
    speed = BENCHMARKS["decode"].summary(paired)
    assert [speed[name]["times_joeynmt"] for name in names] == [2, 4, 1]
    assert [speed[name]["words_per_second"] for name in names] == [4, 8, 2]
    assert speed["gigaflops_deployed"]["deployed"] == 2 == 2 * speed["gigaflops"]["search"]


def test_figures_of_turns_are_held_against_the_last_one():
    figures = BENCHMARKS["decode"].summary_of([{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}], ["a", "b"], 10)
    assert figures["a"] == {"median": 20, "spread": summaries.spread([10.0, 30.0]), "times_b": 0.625}
    assert figures["b"]["times_b"] == 1 and figures["runs"][0] == {"a": 1.0, "b": 2.0}


def test_equal_outputs_are_counted():
    assert BENCHMARKS["decode"].same_outputs([["a"], ["b"]], [["a"], ["c"]]) == 0.5


def test_what_is_kept_is_not_measured_again(tmp_path):
    calls = []
    for _ in range(2):
        assert kept(tmp_path / "a" / "b.json", lambda number: calls.append(number) or {"n": number}, 3) == {
            "n": 3
        }
    assert calls == [3]


def test_a_results_file_begins_with_its_command(small):
    write_results("it", ["copying", "--seeds", 0, 1], packages=("pytest",), runs=[{"seed": 0}])
    results = json.loads((small / "results" / "it.json").read_text())
    assert list(results) == ["command", "cores", "python", "pytest", "runs"]
    assert results["command"] == "python -m benchmarks copying --seeds 0 1"
    assert runs_of("copying") == small / "copying"


def test_quick_begins_in_an_empty_folder(monkeypatch, small):
    (small / "old").mkdir(parents=True)
    monkeypatch.delenv(quick.VARIABLE)
    assert quick.size(10, 1) == 10
    monkeypatch.setenv(quick.VARIABLE, "another")
    quick.begin("test")
    assert not small.exists() and quick.size(10, 1) == 1


def test_what_is_missing_is_said_in_a_sentence(monkeypatch, capsys):
    def run(options):
        raise Missing("Expected JoeyNMT, which pip could not install. Install it: pip install joeynmt")

    monkeypatch.setattr(BENCHMARKS["decode"], "run", run)
    assert main(["decode"]) == 1
    assert capsys.readouterr().err == (
        "Expected JoeyNMT, which pip could not install. Install it: pip install joeynmt\n"
    )


def test_without_masks_padding_is_read():
    from small_models import small_model  # here: a process of another test imports this file without it

    model = small_model("gru-concat")
    padded = np.array([[5, 7, 0]])
    masked = model.encode(padded)["keys_mask"]
    with without_masks():
        read = model.encode(padded)["keys_mask"]
    assert np.array(masked).tolist() == [[True, True, False]] and np.array(read).tolist() == [[True] * 3]


def close(value):
    """Figures, to be compared but for the last digits."""
    if isinstance(value, dict):
        return {name: close(inside) for name, inside in value.items()}
    return pytest.approx(value) if isinstance(value, float | list) else value


def of(name, key, value):
    """The runs of a results file whose key has a value."""
    return [run for run in RESULTS[name]["runs"] if run[key] == value]


def summed_up():
    """What the benchmarks make of the runs in book/results, and what stands there."""
    for name, column, key in (("copying", "settings", "setting"), ("attention", "variants", "variant")):
        for case, figures in RESULTS[name][column].items():
            yield f"{name}: {case}", BENCHMARKS[name].summary(of(name, key, case)), figures
    for arm, figures in RESULTS["cornell"]["figures"].items():
        yield f"cornell: {arm}", BENCHMARKS["cornell"].summary(of("cornell", "arm", arm)), figures
    end_to_end = RESULTS["end_to_end"]
    for task, arms in end_to_end["exact_match"].items():
        for arm, figures in arms.items():
            summary = BENCHMARKS["end_to_end"].summary(end_to_end["runs"], task, arm)
            yield f"end_to_end: {task}, {arm}", summary, figures
    for arm, figures in RESULTS["transformer"]["arms"].items():
        yield f"transformer: {arm}", BENCHMARKS["transformer"].summary(of("transformer", "arm", arm)), figures
    for setting, figures in RESULTS["bottleneck"]["settings"].items():
        summary = BENCHMARKS["bottleneck"].summary(setting, RESULTS["bottleneck"]["runs"])
        yield f"bottleneck: {setting}", summary, figures
    for experiment, figures in RESULTS["pointer"]["experiments"].items():
        scores = [run["scores"] for run in of("pointer", "experiment", experiment)]
        yield f"pointer: {experiment}", BENCHMARKS["pointer"].summary(scores), figures["scores"]
    strategies = RESULTS["strategies"]
    for arm, figures in strategies["figures"].items():
        summary = BENCHMARKS["strategies"].summary(strategies["runs"], arm)
        yield f"strategies: {arm}", summary, figures
    for arm, figures in strategies["differences"].items():
        differences = BENCHMARKS["strategies"].differences(strategies["runs"], arm)
        yield f"strategies: {arm}, differences", differences, figures
    yield from decoded()
    for corpus in BENCHMARKS["figures"].RESULTS:
        for split, figures in RESULTS[corpus]["splits"].items():
            scores = [run["scores"][split] for run in RESULTS[corpus]["runs"]]
            yield f"{corpus}: {split}", summaries.spreads(scores, float), figures


def decoded():
    """The same of the benchmark of decoding."""
    decode, benchmark = RESULTS["decode"], BENCHMARKS["decode"]
    for name, part in (("preset", decode), ("shipped", decode["shipped"])):
        names = [search for search in benchmark.SEARCHES if search in part["speed"]]
        paired = {
            "turns": part["runs"],
            "words": {search: decode["plain_words" if search == "plain" else "words"] for search in names},
            "memory": {search: part["speed"][search]["mebibytes"] for search in names},
            "arithmetic": part["arithmetic"],
        }
        yield f"decode: {name}", benchmark.summary(paired), part["speed"]
    single = decode["single"]
    of_single = benchmark.summary_of(single["runs"], benchmark.SINGLE, 1_000 / single["words"])
    of_start = benchmark.summary_of(decode["start"]["runs"], benchmark.STARTS)
    for part, names, summary in (
        ("single", benchmark.SINGLE, of_single),
        ("start", benchmark.STARTS, of_start),
    ):
        for name in names:
            yield f"decode: {part}, {name}", summary[name], decode[part][name]


SUMMED_UP = list(summed_up())


@pytest.mark.parametrize(
    ("summary", "figures"), [case[1:] for case in SUMMED_UP], ids=[case[0] for case in SUMMED_UP]
)
def test_the_runs_in_the_results_are_summed_up_as_they_stand_there(summary, figures):
    assert summary == close(figures)


def test_both_ways_of_ranking_find_the_same_and_are_timed_in_turns(small):
    figures = ranking.measure(2)
    assert figures["rows"] == 15
    assert [(case["vocab_size"], case["shortlist"]) for case in figures["cases"]] == [
        (8_000, None),
        (32_000, None),
        (32_000, 512),
    ]
    for case in figures["cases"]:
        assert set(case["milliseconds"]) == set(figures["ways"]) and case["times_plain"] > 0
    package, plain = (way() for way in ranking.ways_of(3, 1_031, 13).values())
    assert package[0].tolist() == plain[0].tolist()
    np.testing.assert_allclose(package[1], plain[1], rtol=1e-5)
