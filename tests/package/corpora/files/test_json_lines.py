"""JSON Lines: fields of every depth, and what is wrong with a line."""

import gzip

import pytest
from pair_files import PAIRS, json_lines, read, reasons


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.txt", "pairs.json.gz"])
@pytest.mark.parametrize(
    ("make", "layout"),
    [
        (lambda source, target: {"id": 7, "source": source, "target": target}, {}),
        (lambda source, target: {"answer": target, "note": "x", "question": source}, {}),
        (lambda source, target: {"foo": source, "bar": target, "score": 0.5}, {}),
        (lambda source, target: {"id": "x", "translation": {"de": source, "en": target}}, {}),
        (lambda source, target: {"a": {"b": {"c": source}}, "d.e": target, "x": ""}, ("a.b.c", "d.e")),
        (lambda source, target: {"en": target, "de": source}, ("de", None)),
    ],
)
def test_fields_of_json_lines(tmp_path, name, make, layout):
    data = json_lines(*(make(*pair) for pair in PAIRS)).encode()
    columns = dict(zip(("source_column", "target_column"), layout, strict=False))
    result = read(tmp_path, gzip.compress(data) if name.endswith(".gz") else data, name, **columns)
    assert result.pairs == PAIRS and result.layout.format == "jsonl"


def test_what_json_lines_lack_is_said(tmp_path):
    rows = json_lines({"q": "a", "a": "b"}, {"q": 5, "a": "x"}, {"q": None, "a": "x"}, {"a": "x"}, ["q"])
    result = read(tmp_path, rows + '{"q": "c", "a"\n\n{"q": "\\ud83d", "a": "x"}\n', "pairs.jsonl")
    assert result.pairs == [("a", "b")] and result.malformed == 6
    (_, number), (_, null), (_, missing), (_, array), (row, invalid) = reasons(result)
    assert number == "a number, 5, in the field 'q', where a string should be"
    assert null == "null in the field 'q', where a string should be"
    assert missing == "no field 'q'" and array.startswith("a list") and (row, invalid[:7]) == (6, "no JSON")


def test_half_a_character_in_json_is_malformed(tmp_path):
    result = read(tmp_path, '{"q": "\\ud83d", "a": "x"}\n{"q": "\\ud83d\\ude00", "a": "x"}\n', "pairs.jsonl")
    assert result.pairs == [("\U0001f600", "x")] and reasons(result) == [
        (1, "half a character in the field 'q'")
    ]


def test_separators_of_unicode_end_no_line_of_json(tmp_path):
    assert read(tmp_path, '{"source": "a\u2028b", "target": "c\x85d"}\n').pairs == [("a\u2028b", "c\x85d")]


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        ('{"a": "1", "b": "2", "c": "3"}\n', None, "received the fields of texts 'a', 'b', 'c'. Pass"),
        ('{"a": "1", "b": "2"}\n', "x.y", r"Expected the field 'x.y', .*fields of texts 'a', 'b'"),
        ('{"a": {"b": 5}}\n', None, "received no fields of texts"),
        ('[{"a": "1"}]\n', None, r"received a list, .* instead of an object in row 1\. .*jq"),
    ],
)
def test_fields_that_are_unsure_or_missing_are_listed(tmp_path, data, column, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, data, "pairs.jsonl", source_column=column)


def test_deep_json_is_malformed_and_no_crash(tmp_path):
    result = read(tmp_path, json_lines({"q": "a", "a": "b"}) + "[" * 100_003 + "\n", "pairs.jsonl")
    assert result.malformed == 1 and result.examples[0].reason.startswith("no JSON")
