"""The scoreboard: its tables are those of the results, and every model that ships stands there.

No engine is needed.
"""

import json
import re
from pathlib import Path

import pytest
import scoreboard
from tables import rewritten, table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "book" / "results"


def rows(text):
    """The rows of a table in Markdown, each a list of texts, without the header."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def test_the_page_has_the_tables_of_the_results():
    page = scoreboard.PAGE.read_text(encoding="utf-8")
    assert scoreboard.written(page) == page, "Run: python tools/scoreboard.py"


def test_another_result_makes_another_page(monkeypatch, tmp_path):
    for path in RESULTS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    dates = json.loads((tmp_path / "dates.json").read_text(encoding="utf-8"))
    dates["splits"]["test"]["exact_match"] = {"mean": 0.5, "min": 0.25, "max": 0.75}
    (tmp_path / "dates.json").write_text(json.dumps(dates), encoding="utf-8")
    monkeypatch.setattr(scoreboard, "RESULTS", tmp_path)
    page = scoreboard.PAGE.read_text(encoding="utf-8")
    assert "50.00 % (25.00 to 75.00)" in scoreboard.written(page) and "25.00 to 75.00" not in page


def test_each_model_that_ships_has_a_card_and_three_drawn_outputs():
    text = scoreboard.models()
    runs = json.loads((RESULTS / "pretrained.json").read_text(encoding="utf-8"))["runs"]
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == [run["name"] for run in runs]
    for run in runs:
        card = text.partition(f"### {run['name']}\n")[2].partition("### ")[0]
        assert run["licence"] in card and run["attribution"] in card and run["command"] in card
        assert len(run["drawn"]) == 3
        assert rows(card[card.index("| drawn source") :].strip()) == [
            [row["source"], row["output"], " / ".join(row["right"])] for row in run["drawn"]
        ]


@pytest.mark.parametrize("name", ["pronunciations", "multi30k", "spanish"])
def test_the_best_stands_first_and_all_say_where_they_are_from(name):
    of_table = rows(scoreboard.TABLES[name]())
    figures = [float(row[0].split()[0]) for row in of_table]
    assert figures == sorted(figures, reverse=name != "pronunciations")
    assert any("this package" in cell for row in of_table for cell in row)
    for *_, source in of_table:
        assert re.search(r"https?://|github\.com|python -m benchmarks|as others quote it", source), source


def test_a_table_has_a_row_a_line_and_no_bar_within_a_cell():
    assert table(["a", "b"], [("1", "2|3")]) == "| a | b |\n| --- | --- |\n| 1 | 2&#124;3 |\n"


def test_a_text_takes_the_place_of_what_stood_between_two_lines():
    page = "before\n<b>\nold \\1\n<e>\nafter\n"
    assert rewritten(page, "<b>\n", "<e>\n", "new \\2") == "before\n<b>\n\nnew \\2\n<e>\nafter\n"
    with pytest.raises(ValueError, match="Expected the lines <b> and <x> in the page"):
        rewritten(page, "<b>\n", "<x>\n", "new")
