"""The figures that the README quotes are those of book/results/, and each file says how to make it again."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "book" / "results").glob("*.json")}


def percent(value):
    return f"{100 * value:.2f} %"


def spread(figure):
    return f"{percent(figure['mean'])} ({percent(figure['min'])} to {percent(figure['max'])})"


def quoted():
    dates, sounds = RESULTS["dates"]["splits"], RESULTS["pronunciations"]["splits"]["test"]
    seconds = {
        name: max(run["training_seconds"] for run in RESULTS[name]["runs"])
        for name in ("dates", "pronunciations")
    }
    films = RESULTS["cornell"]["figures"]["default"]
    forced, replies = films["teacher_forced"], films["replies"]
    return [
        spread(dates["test"]["exact_match"]),
        spread(dates["test_unseen_locales"]["exact_match"]),
        percent(sounds["token_error_rate"]["mean"]),
        percent(1 - sounds["exact_match"]["mean"]),
        spread(RESULTS["copying"]["settings"]["copying"]["test"]["exact_match"]),
        *(
            spread(RESULTS["pointer"]["experiments"][experiment]["scores"][test]["accuracy"])
            for experiment, test in (
                ("sorting, chosen masked", "n=10"),
                ("sorting", "n=10"),
                ("convex hulls of 5 to 10 points", "n=5-10"),
            )
        ),
        *(
            f"{run['parameters'] / 1e6:.1f}M parameters: BLEU {best['bleu']:.1f}, chrF {best['chrf']:.1f}"
            for run in RESULTS["translations"]["runs"]
            for best in [run["searches"]["beam 5, length penalty 1.0"]]
        ),
        *(
            percent(1 - run["scores"]["test"]["exact_match"])
            for run in RESULTS["pretrained"]["runs"]
            if run["name"] == "pronunciations"
        ),
        f"{RESULTS['best']['runs'][0]['parameters'] / 1e6:.1f}M parameters: word error rate "
        f"{percent(RESULTS['best']['runs'][0]['scores']['beam 5']['word_error_rate'])}, phoneme error rate "
        f"{percent(RESULTS['best']['runs'][0]['scores']['beam 5']['phoneme_error_rate'])}",
        percent(RESULTS["strategies"]["figures"]["teacher forcing"]["word_error_rate"]["mean"]),
        *(
            f"{speed[search]['times_joeynmt']:.2f} times"
            for speed in (RESULTS["decode"]["speed"], RESULTS["decode"]["shipped"]["speed"])
            for search in ("predict", "search", "deployed_predict", "deployed")
            if search.startswith("deployed") or speed is RESULTS["decode"]["speed"]
        ),
        f"{RESULTS['decode']['single']['deployed_predict']['median']:.1f} ms",
        f"{RESULTS['decode']['single']['joeynmt']['median']:.1f} ms",
        f"{RESULTS['decode']['start']['deployed_predict']['median']:.2f} processor seconds",
        f"{RESULTS['decode']['shipped']['speed']['deployed']['mebibytes']['peak']:.0f} MiB",
        *(f"{ratio['median']:.2f} times" for ratio in RESULTS["train"]["speed"]["times"].values()),
        *(
            f"{contender['reached']['processor_seconds']:,.0f} s"
            for contender in RESULTS["train"]["time_to_error"]["contenders"].values()
        ),
        f"perplexity {forced['per_token']['mean']:.1f} over {forced['vocabulary']['mean']:,.0f} tokens, "
        f"{forced['per_character']['mean']:.2f} per character",
        f"{100 * replies['greedy']['ten_commonest']['mean']:.0f} % of the likeliest replies",
        f"of samples {100 * replies['sampling']['ten_commonest']['mean']:.0f} %",
        f"{seconds['dates']:.0f} s",
        f"{seconds['pronunciations']:.0f} s",
    ]


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_a_result_names_a_command_that_exists(name):
    *python, benchmark = RESULTS[name]["command"].split()[:4]
    assert python == ["python", "-m", "benchmarks"]
    assert (ROOT / "benchmarks" / f"{benchmark}.py").is_file()
    assert len(RESULTS[name]["runs"]) >= 1


@pytest.mark.parametrize("figure", quoted())
def test_the_readme_quotes_the_results(figure):
    assert figure in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_models_are_as_good_as_they_should_be():
    assert RESULTS["dates"]["splits"]["test"]["exact_match"]["min"] >= 0.995
    assert RESULTS["pronunciations"]["splits"]["test"]["token_error_rate"]["max"] < 0.12
    assert RESULTS["copying"]["settings"]["vocabulary alone"]["test"]["exact_match"]["max"] == 0
    assert RESULTS["best"]["runs"][0]["scores"]["beam 5"]["word_error_rate"] < 0.26
    sorting = RESULTS["pointer"]["experiments"]["sorting, chosen masked"]["scores"]["n=10"]
    assert sorting["accuracy"]["min"] >= 0.95
