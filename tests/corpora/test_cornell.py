import json
import os
import warnings
import zipfile
from pathlib import Path

import pytest

from s2s_lesson.corpora import _fetch, cornell

REAL = Path(os.environ.get("S2S_LESSON_DATA") or "nowhere", "cornell")
FILMS = 23
TEXTS = (
    "The “café” is shut.",
    "Naïve…",
    "So it is.",
    "",
)  # each film: 4 lines, 3 adjacent pairs, 1 with a blank


def film_lines(film):
    for number, text in enumerate(TEXTS):
        yield (
            f"L{film}{number}",
            f"u{number % 2}",
            f"m{film}",
            f"NAME{number % 2}",
            f"{film} {text}" if text else "",
        )


def official(films=FILMS):
    """Both files as text, with invented lines; the later line comes first, as in the corpus itself."""
    lines = [line for film in range(10, 10 + films) for line in film_lines(film)]
    ids = {line[2]: [other[0] for other in lines if other[2] == line[2]] for line in lines}
    line_text = "\n".join(" +++$+++ ".join(line) for line in reversed(lines)) + "\n"
    conversation_text = "".join(f"u0 +++$+++ u1 +++$+++ {film} +++$+++ {ids[film]}\n" for film in ids)
    return line_text, conversation_text


def write(folder, line_text, conversation_text, encoding="utf-8"):
    folder.mkdir(exist_ok=True)
    (folder / "movie_lines.txt").write_bytes(line_text.encode(encoding))
    (folder / "movie_conversations.txt").write_bytes(conversation_text.encode(encoding))
    return folder


def everything(corpus):
    return sorted(pair for pairs in corpus.splits.values() for pair in pairs)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "corpus", *official())


def test_adjacent_utterances_make_pairs(folder):
    corpus = cornell.load(folder, strict=True)
    pairs = everything(corpus)
    assert len(pairs) == 2 * FILMS
    assert pairs[:2] == [("10 Naïve…", "10 So it is."), ("10 The “café” is shut.", "10 Naïve…")]
    assert corpus.notes == {
        "lines": 4 * FILMS,
        "conversations": FILMS,
        "films": FILMS,
        "adjacent_pairs": 3 * FILMS,
        "empty": FILMS,
        "too_long": 0,
        "malformed_lines": 0,
        "unknown_lines": 0,
        "not_utf8": 0,
    }
    assert corpus.source_tokens == corpus.target_tokens == "casual"


def test_no_film_is_in_two_parts(folder):
    corpus = cornell.load(folder)
    films = {name: {pair.source.split()[0] for pair in pairs} for name, pairs in corpus.splits.items()}
    assert {name: len(found) for name, found in films.items()} == {"train": 19, "dev": 2, "test": 2}
    assert len(set.union(*films.values())) == FILMS


def test_the_seed_decides_about_films(folder):
    assert cornell.load(folder) == cornell.load(folder)
    assert cornell.load(folder).test != cornell.load(folder, seed=7).test


@pytest.mark.parametrize(("films", "sizes"), [(1, (2, 0, 0)), (2, (2, 0, 2)), (3, (2, 2, 2))])
def test_few_films(tmp_path, films, sizes):
    corpus = cornell.load(write(tmp_path / "corpus", *official(films)))
    assert (len(corpus.train), len(corpus.dev), len(corpus.test)) == sizes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_any_encoding_reads_the_same(folder, tmp_path, encoding, ending):
    texts = (text.replace("\n", ending) for text in official())
    other = cornell.load(write(tmp_path / "other", *texts, encoding))
    assert other.splits == cornell.load(folder).splits
    assert other.notes["not_utf8"] == (2 * FILMS if encoding == "cp1252" else 0)


def test_latin_1_and_mixed_encodings(tmp_path):
    lines = b"L1 +++$+++ u0 +++$+++ m0 +++$+++ A +++$+++ caf\xe9 \x81\n" + (
        "L2 +++$+++ u1 +++$+++ m0 +++$+++ B +++$+++ tā\x85pat\n".encode()
    )
    folder = write(tmp_path / "corpus", "", "u0 +++$+++ u1 +++$+++ m0 +++$+++ ['L1', 'L2']")
    (folder / "movie_lines.txt").write_bytes(lines)
    assert everything(cornell.load(folder)) == [("café \x81", "tā\x85pat")]


MALFORMED = [
    ("movie_lines.txt", "L999 +++$+++ u0 +++$+++ m10", "expected 5 fields; received 3", "malformed_lines"),
    (
        "movie_lines.txt",
        "L1 +++$+++ u +++$+++ m +++$+++ A +++$+++ a +++$+++ b",
        "received 6",
        "malformed_lines",
    ),
    (
        "movie_lines.txt",
        "L100 +++$+++ u0 +++$+++ m10 +++$+++ A +++$+++ again",
        "new line id",
        "malformed_lines",
    ),
    ("movie_conversations.txt", "u0 +++$+++ m10 +++$+++ ['L100']", "received 3", "malformed_lines"),
    ("movie_conversations.txt", "u0 +++$+++ u1 +++$+++ m10 +++$+++ open('x')", "line ids", "malformed_lines"),
    ("movie_conversations.txt", "u0 +++$+++ u1 +++$+++ m10 +++$+++ ['L0', 'L100']", "L0", "unknown_lines"),
]


@pytest.mark.parametrize(("file", "line", "message", "kind"), MALFORMED)
def test_malformed_lines_are_counted_and_reported_once(folder, file, line, message, kind):
    good = everything(cornell.load(folder))
    (folder / file).write_text((folder / file).read_text("utf-8") + line + "\n" + "\n", "utf-8")
    with pytest.warns(UserWarning, match=message) as caught:
        corpus = cornell.load(folder)
    assert len(caught) == 1 and str(folder) in str(caught[0].message)
    assert corpus.notes[kind] == 1
    assert everything(corpus) == good
    number = len((folder / file).read_text("utf-8").splitlines()) - 1
    with pytest.raises(ValueError, match=rf"{file}, line {number}: .*{message}"):
        cornell.load(folder, strict=True)


def test_an_unknown_line_breaks_a_conversation_in_two(tmp_path):
    lines, _ = official(1)
    conversations = "u0 +++$+++ u1 +++$+++ m10 +++$+++ ['L100', 'L9', 'L101', 'L102']\n"
    with pytest.warns(UserWarning, match="1 unknown"):
        corpus = cornell.load(write(tmp_path / "corpus", lines, conversations))
    assert everything(corpus) == [("10 Naïve…", "10 So it is.")]


def test_long_pairs_can_be_dropped(folder):
    corpus = cornell.load(folder, max_words=4)
    assert len(everything(corpus)) == corpus.notes["too_long"] == FILMS


@pytest.mark.parametrize("inner", ["", "cornell movie-dialogs corpus"])
def test_zip_files_and_inner_folders(folder, tmp_path, inner):
    archive = tmp_path / "corpus.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in folder.iterdir():
            opened.write(file, Path(inner, file.name))
            opened.writestr(f"__MACOSX/{inner}/._{file.name}", "junk")
    assert cornell.load(archive).splits == cornell.load(folder).splits
    assert cornell.load(folder.parent).splits == cornell.load(folder).splits


def test_an_unsafe_zip_is_refused(tmp_path):
    archive = tmp_path / "corpus.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("../movie_lines.txt", "evil")
    with pytest.raises(ValueError, match="Do not trust this file"):
        cornell.load(archive)


def utterances(films=FILMS):
    for film in range(10, 10 + films):
        parent = None
        for line_id, speaker, movie, _, text in film_lines(film):
            meta = {"movie_id": movie, "parsed": []}
            record = {"id": line_id, "conversation_id": f"L{film}0", "text": text, "speaker": speaker}
            yield record | {"meta": meta, "reply-to": parent}
            parent = line_id


def write_jsonl(folder, records):
    folder.mkdir(exist_ok=True)
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / "utterances.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_convokit_gives_the_same_pairs(folder, tmp_path):
    other = cornell.load(write_jsonl(tmp_path / "convokit", reversed(list(utterances()))), strict=True)
    expected = cornell.load(folder)
    assert {name: sorted(pairs) for name, pairs in other.splits.items()} == {
        name: sorted(pairs) for name, pairs in expected.splits.items()
    }
    assert other.notes == expected.notes


def test_convokit_replies_may_branch(tmp_path):
    first, second, third, _ = utterances(1)
    folder = write_jsonl(tmp_path / "convokit", [first, second, {**third, "reply-to": first["id"]}])
    a, b, c = (record["text"] for record in (first, second, third))
    assert everything(cornell.load(folder)) == sorted([(a, b), (a, c)])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"text": None}, "malformed_lines"),
        ({"meta": {}}, "malformed_lines"),
        ({"id": "L100"}, "malformed_lines"),
        ({"id": "L9", "reply-to": "L9"}, "malformed_lines"),
        ({"id": "L9", "reply-to": "L8"}, "unknown_lines"),
    ],
)
def test_malformed_convokit_lines(tmp_path, change, kind):
    records = list(utterances(2))
    good = everything(cornell.load(write_jsonl(tmp_path / "convokit", records)))
    folder = write_jsonl(
        tmp_path / "convokit", [*records, records[-1] | {"id": "L7", "reply-to": None} | change]
    )
    with pytest.warns(UserWarning, match=r"utterances\.jsonl, line 9") as caught:
        corpus = cornell.load(folder)
    assert len(caught) == 1 and corpus.notes[kind] == 1 and everything(corpus) == good
    with pytest.raises(ValueError, match="line 9"):
        cornell.load(folder, strict=True)


def test_frames(folder):
    lines, conversations = cornell.frames(folder)
    assert list(lines.columns) == ["line_id", "character_id", "movie_id", "character", "text"]
    assert list(conversations.columns) == ["character_id_1", "character_id_2", "movie_id", "line_ids"]
    assert (len(lines), len(conversations)) == (4 * FILMS, FILMS)
    assert lines.set_index("line_id").loc["L101"].tolist() == ["u1", "m10", "NAME1", "10 Naïve…"]
    assert conversations.loc[0, "line_ids"] == ["L100", "L101", "L102", "L103"]


def test_no_pair_is_an_error_that_names_what_was_read(tmp_path):
    folder = write(tmp_path / "corpus", "", "")
    with pytest.raises(ValueError, match=r"corpus; received none from 0 lines and 0 conversations"):
        cornell.load(folder)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"movie_lines\.txt .*utterances\.jsonl"):
        cornell.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="not there"):
        cornell.load(tmp_path / "nothing")


def test_the_data_folder_comes_before_the_download(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("S2S_LESSON_DATA", str(tmp_path))
    folder.rename(tmp_path / "cornell")
    monkeypatch.setattr(cornell, "fetch", lambda *args: pytest.fail("downloads"))
    assert cornell.load().notes["films"] == FILMS


def test_the_download_comes_last(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("S2S_LESSON_DATA", raising=False)
    asked = []
    monkeypatch.setattr(cornell, "fetch", lambda *args: asked.append(args) or folder)
    assert cornell.load().notes["films"] == FILMS
    assert asked == [(cornell.URL, cornell.SHA256, "cornell_movie_dialogs_corpus.zip")]


def test_no_network_names_url_and_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("S2S_LESSON_DATA", raising=False)
    monkeypatch.setenv("S2S_LESSON_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(cornell, "URL", "http://127.0.0.1:9/corpus.zip")
    with pytest.raises(_fetch.CorpusUnavailable, match=r"127\.0\.0\.1:9/corpus\.zip.*S2S_LESSON_DATA"):
        cornell.load()


@pytest.mark.skipif(not REAL.is_dir(), reason="needs S2S_LESSON_DATA/cornell")
def test_the_real_subset():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = cornell.load(REAL, strict=True)
    notes = corpus.notes
    assert (notes["lines"], notes["conversations"], notes["films"]) == (28_676, 8_067, 59)
    assert notes["adjacent_pairs"] == 20_609 == len(everything(corpus)) + notes["empty"]
    assert len(corpus.train) > 10_000 and len(corpus.dev) > 1_000 and len(corpus.test) > 1_000
