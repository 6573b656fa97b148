"""Pretrained embeddings are read as word2vec, GloVe and fastText write them; errors name the line."""

import gzip

import numpy as np
import pytest

from s2s_lesson.data import Vocabulary, read_embeddings
from s2s_lesson.data.embeddings import EmbeddingLayout, embedding_layout, vectors_of

ROWS = "house 0.5 -1 2e-1\nfire 0 0 2\nÄpfel 1 1 1\n"
READ = {"house": [0.5, -1, 0.2], "fire": [0, 0, 2], "Äpfel": [1, 1, 1]}


def written(folder, content, name="words.vec"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lists(vectors):
    return {token: [round(float(number), 6) for number in vector] for token, vector in vectors.items()}


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (ROWS, None),
        ("3 3\n" + ROWS, 3),
        ("3 3\n" + ROWS.replace("\n", " \n"), 3),  # fastText ends rows with a blank
        (ROWS.replace("\n", "\r\n"), None),
        (ROWS.replace(" ", "\t"), None),
        (ROWS.removesuffix("\n"), None),
        (gzip.compress(("3 3\n" + ROWS).encode()), 3),
        (gzip.compress(ROWS.encode()), None),
    ],
    ids=["glove", "word2vec", "fasttext", "windows", "tabs", "no_last_line_end", "gzip", "gzip_glove"],
)
def test_every_form_is_read(tmp_path, content, rows):
    path = written(tmp_path, content)
    assert embedding_layout(path) == EmbeddingLayout(3, rows)
    vectors = read_embeddings(path)
    assert lists(vectors) == READ and vectors["fire"].dtype == np.float32


def test_only_what_is_wanted_is_kept_and_no_special_token(tmp_path):
    path = written(tmp_path, "</s> 1 2\nb 3 4\na 5 6\n<unk> 7 8\nb 9 9\n\n")
    assert lists(read_embeddings(str(path), Vocabulary(["a", "b", "c"]))) == {"b": [3, 4], "a": [5, 6]}
    assert lists(read_embeddings(path, {"a", "</s>"})) == {"</s>": [1, 2], "a": [5, 6]}
    with pytest.raises(TypeError, match="Expected a collection of tokens that are wanted; received the text"):
        read_embeddings(path, "a")


def test_tokens_may_hold_blanks(tmp_path):
    """As those of GloVe's 840B do; a blank of another kind parts nothing."""
    path = written(tmp_path, ". . . 1 2\nat me@here.org 3 4\n10\u00a0000 5 6\n\u2028 7 8\n")
    assert list(read_embeddings(path)) == [". . .", "at me@here.org", "10\u00a0000", "\u2028"]
    assert lists(read_embeddings(path, ["at me@here.org", "10\u00a0000"])) == {
        "at me@here.org": [3, 4],
        "10\u00a0000": [5, 6],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Expected embeddings, a token and its numbers in each row; .* is empty"),
        ("a 1 2\nb 1\n", "Expected a token and 2 numbers, as in the first row; received 1 numbers in line 2"),
        ("a 1 2\nb 1 2\nc 1 2 3\n", "received 3 numbers in line 3"),
        ("3 2\na 1 2\nb 1 2 3\nc 1 2\n", "received 3 numbers in line 3"),
        ("a 1 2\nb\n", "received 0 numbers in line 2"),
        ("a 1 2\nb nan 2\n", "Expected finite numbers; received NaN or infinity in line 2"),
        ("a 1 2\nb 1e99 2\n", "Expected finite numbers; received NaN or infinity in line 2"),
        ("a 1 2\nb 1,5 2\n", "Expected numbers; received something else in line 2 .*1,5"),
        ("3 2\na 1 2\nb 1 2\n", "Expected 3 rows in .*; received 2, up to line 3"),
        ("source\ttarget\n", "Expected a token and its numbers in each row of .* in line 1"),
        ("3 0\na\n", "Expected a token and its numbers"),
        (b"a 1 2\n\xff\xfe 1 2\n", "Expected a token in UTF-8; received .* in line 2"),
        (b"PK\x03\x04\0\0", "a zip archive. Unpack it first"),
        (b"\xba\x16\x4f\x2f\x0c\0", "a binary model of fastText. Take the file of vectors"),
        (b"\x80\x04\x95\0\0", "Expected embeddings as text; received .*, which is binary"),
        (gzip.compress(ROWS.encode() * 50, mtime=0)[:-9], "Expected a whole file that gzip packed"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_embeddings(written(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "none.vec"):
        with pytest.raises(FileNotFoundError, match="Expected a file of embeddings; there is none at"):
            read_embeddings(path)


@pytest.mark.parametrize("token", ["house", "ä"])
@pytest.mark.parametrize("seed", range(5))
def test_a_binary_word2vec_file_is_known(tmp_path, token, seed):
    vector = np.random.default_rng(seed).normal(0, 0.3, 11).astype("<f4")
    content = b"1 11\n" + token.encode() + b" " + vector.tobytes() + b"\n"
    with pytest.raises(ValueError, match="this is a binary word2vec file"):
        read_embeddings(written(tmp_path, content, "words.bin"))


def test_a_row_that_is_not_wanted_must_have_its_width_too(tmp_path):
    path = written(tmp_path, "a 1 2\nb 1\nc 1 2\n")
    with pytest.raises(ValueError, match="received 1 numbers in line 2"):
        read_embeddings(path, ["c"])
    assert list(read_embeddings(written(tmp_path, "a 1 2\nb x y\nc 1 2\n"), ["c"])) == ["c"]


def test_vectors_may_come_as_a_dict():
    vocab = Vocabulary(["a", "b"])
    assert lists(vectors_of({"b": (1, 2), "</s>": (3, 4), "c": [5]}, vocab)) == {"b": [1, 2]}
    with pytest.raises(ValueError, match=r"Expected vectors of one width.*'a'; received \(3,\) of 'b'"):
        vectors_of({"a": [1, 2], "b": [1, 2, 3]}, vocab)
    with pytest.raises(ValueError, match=r"Expected finite numbers; received NaN or infinity in .* 'b'"):
        vectors_of({"b": [1, np.inf]}, vocab)
    with pytest.raises(TypeError, match=r"Expected embeddings as a path, or as a dict .*; received int"):
        vectors_of(5, vocab)
