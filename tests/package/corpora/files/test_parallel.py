"""Parallel files: line by line, or an error that counts them."""

import pytest
from pair_files import PAIRS, reasons, written

from s2s_lesson.corpora.files import Layout, read_pairs


def sides(folder, sources="der Hund\ndie Katze\ndas Haus\n", targets="the dog\nthe cat\nthe house\n"):
    return written(folder, sources, "train.de"), written(folder, targets, "train.en")


def test_parallel_files_go_line_by_line(tmp_path):
    source, target = sides(tmp_path)
    result = read_pairs(source, target)
    assert result.pairs == PAIRS and result.layout == Layout(
        format="parallel", header=False, encoding="utf-8"
    )
    assert read_pairs([source], [target], layout=result.layout).pairs == PAIRS
    assert "lines that belong to each other" in result.report()


@pytest.mark.parametrize(("targets", "count"), [("a\nb\n", 2), ("a\nb\nc\n\nd\n", 5)])
def test_different_numbers_of_lines_are_named(tmp_path, targets, count):
    source, target = sides(tmp_path, targets=targets)
    with pytest.raises(ValueError, match=rf"lines in .*train.de as in .*train.en.*received 3 and {count}\."):
        read_pairs(source, target)
    with pytest.raises(ValueError, match=rf"received {count} and 3\."):
        read_pairs(target, source)


def test_blank_lines_of_parallel_files(tmp_path):
    result = read_pairs(*sides(tmp_path, "a\n\nb\n\t\n\n", "x\n\n\ny\n"))
    assert result.pairs == [("a", "x")] and result.rows == 3
    assert reasons(result) == [(3, "an empty target"), (4, "an empty source")]


def test_what_is_of_tables_is_refused_for_parallel_files(tmp_path):
    source, target = sides(tmp_path)
    for wrong in (
        {"format": "tsv"},
        {"delimiter": ","},
        {"source_column": 1},
        {"comment": "#"},
        {"header": True},
    ):
        with pytest.raises(ValueError, match="nothing of tables or JSON"):
            read_pairs(source, target, layout=Layout(**wrong))
    with pytest.raises(ValueError, match="Expected files of targets"):
        read_pairs(source, layout=Layout(format="parallel"))
    with pytest.raises(ValueError, match="received 1 and 2"):
        read_pairs([source], [target, target])
