"""The models that come with the package: small, whole, as good as their cards and the book say."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

import s2s_lesson
from s2s_lesson.__main__ import main
from s2s_lesson.pipeline import evaluate
from s2s_lesson.pipeline.cards import CARD, WEIGHTS, cards, read_cards, write_card
from s2s_lesson.pipeline.presets import load_corpus

ROOT = Path(__file__).parents[3]
LARGEST = 4 * 2**20  # bytes
SPANISH = Path(os.environ.get("S2S_LESSON_DATA", "nowhere")) / "spa-eng"
NAMES = sorted(folder.name for folder in WEIGHTS.iterdir())


def test_pretrained_models_write_what_they_learned():
    pipeline = s2s_lesson.pretrained("pronunciations")
    texts = [prediction.text for prediction in pipeline.predict(["telephone", "seashell"])]
    assert texts == ["T EH L AH F OW N", "S IY SH EH L"]
    dates = s2s_lesson.pretrained("dates").predict(["30 sept. 2016", "Friday, September 30, 2016"])
    assert [prediction.text for prediction in dates] == ["2016-09-30"] * 2


@pytest.mark.slow(
    guard="tests/package/pipeline/test_pretrained.py::test_pretrained_models_write_what_they_learned"
)
@pytest.mark.parametrize("name", NAMES)
def test_its_error_is_the_one_that_was_measured(name):
    """On 200 drawn pairs of the dev split; the standard error of a share of them is at most 3.5 in 100."""
    card = cards()[name]
    if name == "spanish" and not SPANISH.is_dir():
        pytest.skip("needs S2S_LESSON_DATA/spa-eng")
    drawn = random.Random(0).sample(load_corpus(card.corpus).dev, 200)
    scores = evaluate(s2s_lesson.pretrained(name), drawn)
    for figure, within in {"exact_match": {"abs": 0.12}, "perplexity": {"rel": 0.15}}.items():
        if figure in card.scores["dev"]:
            assert scores[figure] == pytest.approx(card.scores["dev"][figure], **within)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_small_and_the_card_says_how_large_they_are(name):
    files = [file for file in (WEIGHTS / name).iterdir() if file.name != CARD]
    card = cards()[name]
    assert card.name == name and card.bytes == sum(file.stat().st_size for file in files) < LARGEST
    assert name != "pronunciations" or card.parameters == 454_571


def test_cards_and_the_figures_of_the_book_are_the_same():
    results = json.loads((ROOT / "book" / "results" / "pretrained.json").read_text(encoding="utf-8"))
    for run in results["runs"]:
        card = cards()[run["name"]]
        assert run["scores"] == card.scores and run["date"] == card.date
        assert run["command"] == card.command == f"{results['command']} --only {card.name}"
    assert [run["name"] for run in results["runs"]] == list(cards()) == NAMES


def test_a_card_is_read_as_it_was_written(tmp_path):
    card = replace(cards()["dates"], name="other", attribution="Ünïcode", parameters=7)
    (tmp_path / "other").mkdir()
    write_card(card, tmp_path / "other")
    assert read_cards(tmp_path) == {"other": card}
    assert "7 weights" in card.report() and "Ünïcode" in card.report()


def test_the_command_lists_all_models(capsys):
    assert main(["models"]) == 0
    said = capsys.readouterr().out
    for card in cards().values():
        assert card.report() in said and card.licence in said and card.command in said
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dates"]["scores"] == cards()["dates"].scores


def test_a_name_stands_for_its_folder_on_the_command_line(capsys):
    assert main(["predict", "dates", "30 sept. 2016"]) == 0
    assert "2016-09-30" in capsys.readouterr().out
    assert main(["predict", "date", "30 sept. 2016"]) == 1
    assert "date" in capsys.readouterr().err


def test_an_unknown_name_is_an_error():
    with pytest.raises(
        ValueError,
        match="Expected a model among dates, pronunciations, small-talk, spanish; received 'french'",
    ):
        s2s_lesson.pretrained("french")
