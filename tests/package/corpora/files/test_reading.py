"""Several files, packed files, the standard input, and sources alone."""

import gzip
import io
import lzma
import tracemalloc

import pytest
import zstandard
from pair_files import PAIRS, json_lines, read, table, written

from s2s_lesson.corpora.files import Layout, read_pairs, read_texts

# Several files, packed files, the standard input


def test_several_files_are_read_one_after_the_other(tmp_path):
    one = written(tmp_path, table("\t", ("de", "en"), PAIRS[:1]), "1.tsv")
    two = written(tmp_path, table(";", pairs=[*PAIRS[1:], ("", "x")]).encode("utf-16"), "2.csv")
    result = read_pairs([one, two])
    assert result.pairs == PAIRS and result.examples[0][:2] == (str(two), 3)
    assert (result.layout.format, result.layout.header, result.layout.encoding) == (None, None, None)
    assert read_pairs([one, two], layout=result.layout).pairs == PAIRS
    assert result.report().count("cells between") == 2
    with pytest.raises(ValueError, match="at least one file"):
        read_pairs([])
    with pytest.raises(TypeError, match="Expected a path or several; received 5"):
        read_pairs(5)


@pytest.mark.parametrize(
    ("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstandard.compress)]
)
def test_packed_tables_are_tables(tmp_path, ending, pack):
    result = read(tmp_path, pack(table("\t", ("de", "en")).encode()), f"pairs.csv{ending}")
    assert result.pairs == PAIRS and result.layout.format == "csv"


TEXTS = [
    table("\t"),
    table(";", ("de", "en")),
    json_lines(*(dict(zip("ab", pair, strict=True)) for pair in PAIRS)),
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_standard_input_is_read(monkeypatch, text):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = read_pairs("-")
    assert result.pairs == PAIRS and result.report().startswith("the standard input: ")
    with pytest.raises(ValueError, match="at most once"):
        read_pairs(["-", "-"])


def test_progress_shows_the_rows(tmp_path, capsys):
    path = written(tmp_path, table("\t"))
    assert read_pairs(path, progress=True).pairs == PAIRS
    assert str(path) in capsys.readouterr().err
    read_pairs(path)
    assert capsys.readouterr() == ("", "")


# Sources alone


def test_plain_texts_keep_every_line(tmp_path):
    path = written(tmp_path, 'a\tb\n\n"c, d\n{"e": 1}\u2028\nsource\n', "texts.csv")
    assert list(read_texts(path)) == ["a\tb", "", '"c, d', '{"e": 1}\u2028', "source"]
    assert list(read_texts(path, layout=Layout(format="parallel", header=False))) == list(read_texts(path))


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        (table("\t"), {"format": "tsv"}),
        (table(";", ("de", "en")), {"format": "csv", "source_column": "de"}),
        (table(";", ("en", "de"), [pair[::-1] for pair in PAIRS]), {"source_column": "de"}),
        (
            "de\nder Hund\ndie Katze\ndas Haus\n",
            {"format": "tsv", "source_column": "de", "target_column": "en"},
        ),
        ("der Hund\ndie Katze\ndas Haus\n", {"format": "csv", "delimiter": ";", "source_column": 1}),
        (json_lines(*({"de": source} for source, _ in PAIRS)), {"format": "jsonl", "target_column": "en"}),
    ],
)
def test_sources_are_read_as_pairs_are(tmp_path, data, layout):
    path = written(tmp_path, data)
    assert list(read_texts(path, layout=Layout(**layout))) == [source for source, _ in PAIRS]


def test_sources_are_never_left_out(tmp_path):
    path = written(tmp_path, "1\ta\n2\t\n3\n4\tb\n")
    texts = read_texts(path, layout=Layout(format="tsv", source_column=2))
    assert [next(texts), next(texts)] == ["a", ""]
    with pytest.raises(ValueError, match=rf"a source in row 3 of {path}; received 1 column\. Correct"):
        next(texts)


@pytest.mark.parametrize("layout", [Layout(), Layout(format="tsv"), Layout(format="csv", delimiter=",")])
def test_a_large_file_takes_little_memory(tmp_path, layout):
    path = written(tmp_path, "a source of some words, and its target\twhich is longer than that\n" * 40_009)
    tracemalloc.start()
    count = sum(1 for _ in read_texts(path, layout=layout))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_009 and path.stat().st_size > 2_500_000 > peak / 2


class Typed(io.RawIOBase):
    """A keyboard: one line at a time, and no end."""

    def __init__(self, *lines):
        self.lines = list(lines)

    def readable(self):
        return True

    def readinto(self, buffer):
        line = self.lines.pop(0)  # an error if more is asked for than was typed
        buffer[: len(line)] = line
        return len(line)


def test_texts_come_one_by_one(monkeypatch):
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BufferedReader(Typed(b"one\n", b"two\n", b"three\n")))
    )
    texts = read_texts("-")
    assert [next(texts) for _ in range(3)] == ["one", "two", "three"]
