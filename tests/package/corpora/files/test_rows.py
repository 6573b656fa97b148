"""Rows of tables: nothing is lost without a word."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_files import PAIRS, read, reasons, table, written

from s2s_lesson.corpora.files import Layout, read_pairs

# Nothing is lost


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.csv"])
def test_words_that_other_readers_take_for_nothing_are_texts(tmp_path, name):
    pairs = [
        ("NA", "null"),
        ("None", "nan"),
        ("N/A", "#N/A"),
        ("true", "1"),
        ("-", "inf"),
        ("# no comment", "!"),
    ]
    assert read(tmp_path, table("\t", pairs=pairs), name).pairs == pairs


def test_a_quote_in_tsv_swallows_no_line(tmp_path):
    pairs = [('"Ja', '"Yes'), ('5" Rohr', "pipe"), ("x", '"y"')]
    assert read(tmp_path, table("\t", pairs=pairs), "pairs.tsv").pairs == pairs


def test_an_open_quote_costs_its_own_row_alone(tmp_path):
    rows = 'a,b\n"c,d\n' + "".join(f"e{number},f\n" for number in range(2003))
    result = read(tmp_path, rows, "pairs.csv")
    assert len(result.pairs) == 2004 and reasons(result) == [(2, "a quote that is never closed")]


def test_an_open_quote_that_another_ends_is_told_where_it_began(tmp_path):
    result = read(tmp_path, 'a,b\n"c,d\ne,f\n"g",h\n"i",j\n', "pairs.csv")
    assert result.pairs == [("a", "b"), ("e", "f"), ("g", "h"), ("i", "j")]
    assert [row for row, _ in reasons(result)] == [2] and "quote" in result.examples[0].reason


def test_rows_are_counted_as_an_editor_shows_them(tmp_path):
    result = read(tmp_path, 'source,target\n"a\n\nb",c\n\nd\n"e\nf",g\nh\n', "pairs.csv")
    assert result.pairs == [("a\n\nb", "c"), ("e\nf", "g")]
    assert reasons(result) == [(6, "1 column"), (9, "1 column")]


def test_comments_are_left_out_only_if_they_are_named(tmp_path):
    data = "# de\ten\na\tb\n#c\td\n"
    assert len(read(tmp_path, data, header=False).pairs) == 3
    result = read(tmp_path, data, comment="#")
    assert result.pairs == [("a", "b")] and result.rows == 1
    quoted = '#"a,b\n"c\n#d",e\n# x,y\nf,g\n'
    assert read(tmp_path, quoted, "pairs.csv", comment="#").pairs == [("c\n#d", "e"), ("f", "g")]


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c", "\0", "\u200b"])
@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.csv"])
def test_characters_that_end_no_line_stay(tmp_path, mark, name):
    pairs = [(f"a{mark}b", f"c{mark}"), ("d", "e")]
    assert read(tmp_path, table(";", pairs=pairs), name).pairs == pairs


def test_a_lone_carriage_return_is_a_character_or_ends_every_line(tmp_path):
    assert read(tmp_path, "a\rb\tc\nd\te\n").pairs == [("a\rb", "c"), ("d", "e")]
    assert read(tmp_path, 'x,"a\rb"\nd,e\n', "pairs.csv").pairs == [("x", "a\rb"), ("d", "e")]
    assert read(tmp_path, "a\tb\rc\td\r").pairs == [("a", "b"), ("c", "d")]
    unquoted = read(tmp_path, "a\rb,c\nd,e\n", "pairs.csv")
    assert unquoted.pairs == [("d", "e")] and reasons(unquoted) == [(1, "a carriage return outside quotes")]


def test_cells_may_be_very_long(tmp_path):
    pairs = [("x" * 300_007, "y"), ("line\n" * 5003, "z")]
    quoted = "".join(f'"{source}",{target}\n' for source, target in pairs)
    assert read(tmp_path, quoted, "pairs.csv").pairs == pairs
    assert read(tmp_path, table("\t", pairs=pairs[:1])).pairs == pairs[:1]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\r\n\r\n", "\n  \n", "\n\t\n"])
def test_blank_lines_at_the_end_are_not_malformed(tmp_path, end):
    result = read(tmp_path, table("\t").removesuffix("\n") + end)
    assert result.pairs == PAIRS and result.malformed == 0


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1).filter(
    str.strip
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_whatever_csv_writes_is_read(tmp_path_factory, pairs):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(pairs)
    path = written(tmp_path_factory.mktemp("csv"), text.getvalue())
    layout = Layout(
        format="csv", delimiter=",", header=False, source_column=1, target_column=2, encoding="utf-8"
    )
    result = read_pairs(path, layout=layout, strict=True)
    assert result.pairs == pairs and result.layout == layout


# Malformed rows


def test_malformed_rows_are_counted_and_the_first_five_shown(tmp_path):
    result = read(tmp_path, "a\tb\nc\n\td\ne\t \n" + "f\n" * 11 + "g\th\n", "pairs.tsv")
    assert (result.rows, result.malformed, len(result.pairs)) == (16, 14, 2)
    five = [(2, "1 column"), (3, "an empty source"), (4, "an empty target"), (5, "1 column"), (6, "1 column")]
    assert reasons(result) == five
    report = result.report()
    assert "16 rows, 2 pairs, 14 malformed rows left out:" in report and "and 9 more" in report
    assert all(f"{tmp_path / 'pairs.tsv'}, row {row}: {reason}" in report for row, reason in five)


@pytest.mark.parametrize(
    ("data", "row", "received"), [("a\tb\nc\n", 2, "1 column"), ("de\ten\n\tb\na\tb\n", 2, "an empty source")]
)
def test_strict_stops_at_the_first_malformed_row(tmp_path, data, row, received):
    path = written(tmp_path, data)
    with pytest.raises(ValueError) as error:
        read_pairs(path, strict=True)
    wanted = f"Expected a source and a target in row {row} of {path}; received {received}. Correct the row"
    assert str(error.value).startswith(wanted)


def test_no_usable_row_lists_the_columns(tmp_path):
    with pytest.raises(ValueError, match=r"(?s)received none\..*1 row, 0 pairs.*1 'id', .*4 'de'"):
        read(tmp_path, "id;note;en;de\n1;x;;Hund\n")
    for nothing in ("", "\n\n", "source\ttarget\n"):
        with pytest.raises(ValueError, match="received none"):
            read(tmp_path, nothing)


def test_a_delimiter_outside_quotes_costs_no_text_without_a_word(tmp_path):
    result = read(tmp_path, "en,fr\nYes,Oui\nHello, you,Bonjour\nNo,Non,,\n", "pairs.csv")
    assert result.pairs == [("Yes", "Oui"), ("No", "Non")]
    assert reasons(result) == [(3, "3 columns, more than the 2 of the header")]
    assert read(tmp_path, "a\tb\nc\td\te\n", "pairs.tsv").pairs == [("a", "b"), ("c", "d")]
