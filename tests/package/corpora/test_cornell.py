import json
import os
import warnings
import zipfile
from pathlib import Path

import pytest

from s2s_lesson.corpora import _fetch, cornell
from s2s_lesson.data import clean, tokenize

LOWER_CASE_ALONE = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}

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
        "too_short": 0,
        "too_long": 0,
        "too_rare": 0,
        "duplicates": 0,
        "near_duplicates": 0,
        "malformed_lines": 0,
        "unknown_lines": 0,
        "not_utf8": 0,
    }
    assert corpus.source_tokens == corpus.target_tokens == "casual"


def test_no_film_is_in_two_parts(folder):
    corpus = cornell.load(folder)
    films = {name: {pair.source.split()[0] for pair in pairs} for name, pairs in corpus.splits.items()}
    assert {name: len(of_split) for name, of_split in films.items()} == {"train": 19, "dev": 2, "test": 2}
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


def test_of_80_20_there_is_no_test(folder):
    thirds, halves = cornell.load(folder), cornell.load(folder, proportions="80/20")
    assert halves.train == thirds.train and halves.test == []
    assert sorted(halves.dev) == sorted(thirds.dev + thirds.test)


TURNS = ("one two", "three", "", "four five six", "seven", "eight")


def one_film(folder, texts, conversation=None):
    """A corpus of one film, so that all is train; by default of one conversation."""
    lines = "".join(f"L{n} +++$+++ u{n % 2} +++$+++ m0 +++$+++ A +++$+++ {t}\n" for n, t in enumerate(texts))
    ids = conversation or [f"L{number}" for number in range(len(texts))]
    return write(folder, lines, f"u0 +++$+++ u1 +++$+++ m0 +++$+++ {ids}\n")


def test_the_context_is_the_last_utterances_without_blank_ones(tmp_path):
    corpora = {n: cornell.load(one_film(tmp_path / "corpus", TURNS), context=n) for n in (1, 2, 3, 7)}
    sources = {n: [pair.source for pair in corpus.train] for n, corpus in corpora.items()}
    assert sources[1] == ["one two", "four five six", "seven"]
    assert sources[2] == ["one two", "four five six", "four five six <turn> seven"]
    assert sources[3] == ["one two", "three <turn> four five six", "four five six <turn> seven"]
    everything_said = "one two <turn> three <turn> four five six"
    assert sources[7] == ["one two", everything_said, everything_said + " <turn> seven"]
    assert {tuple(pair.target for pair in corpus.train) for corpus in corpora.values()} == {
        ("three", "seven", "eight")
    }
    assert all(corpus.notes["empty"] == 2 for corpus in corpora.values())


def test_lengths_are_those_of_each_utterance(tmp_path):
    folder = one_film(tmp_path / "corpus", ("one two", "three", "four", "five six seven"))
    corpus = cornell.load(folder, context=3, max_words=2)
    assert corpus.train == [("one two", "three"), ("one two <turn> three", "four")]
    assert corpus.notes["too_long"] == 1


def test_a_context_ends_at_an_unknown_line(tmp_path):
    folder = one_film(tmp_path / "corpus", TURNS, ["L0", "L1", "L9", "L3", "L4", "L5"])
    with pytest.warns(UserWarning, match="1 unknown"):
        corpus = cornell.load(folder, context=5)
    assert [pair.source for pair in corpus.train] == [
        "one two",
        "four five six",
        "four five six <turn> seven",
    ]


def test_between_turns_stands_one_token():
    joined = cornell.TURN.join(["Who?", "Me..."])
    assert tokenize(joined, "casual") == ["Who", "?", "<turn>", "Me", "..."]
    assert tokenize(clean(joined, **LOWER_CASE_ALONE), "casual") == ["who", "?", "<turn>", "me", "..."]


def test_short_pairs_can_be_dropped(tmp_path):
    corpus = cornell.load(one_film(tmp_path / "corpus", ("a b", "c d", "e", "f g h")), min_words=2)
    assert corpus.train == [("a b", "c d")] and corpus.notes["too_short"] == 2


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"max_vocab_size": 2}, ["a b"]),
        ({"max_vocab_size": 2, "max_unknown": 0.25}, ["a b", "B, c"]),
        ({"max_vocab_size": 2, "max_unknown": 0.75}, ["a b", "B, c", "d e"]),
        ({"max_vocab_size": 7}, ["a b", "B, c", "d e"]),
    ],
)
def test_pairs_of_rare_words_can_be_dropped(tmp_path, options, kept):
    """The commonest words are b (4 of the 8 in pairs), then a."""
    texts = ("a b", "A b!", "B, c", "b b")
    lines = "".join(f"L{n} +++$+++ u +++$+++ m0 +++$+++ A +++$+++ {t}\n" for n, t in enumerate(texts))
    lines += "L8 +++$+++ u +++$+++ m0 +++$+++ A +++$+++ d e\nL9 +++$+++ u +++$+++ m0 +++$+++ A +++$+++ d b\n"
    talks = "".join(
        f"u +++$+++ v +++$+++ m0 +++$+++ {ids}\n" for ids in (["L0", "L1"], ["L2", "L3"], ["L8", "L9"])
    )
    corpus = cornell.load(write(tmp_path / "corpus", lines, talks), **options)
    assert [pair.source for pair in corpus.train] == kept
    assert corpus.notes["too_rare"] == 3 - len(kept)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"proportions": "70/30"}, r"80/10/10, 80/20; received '70/30'"),
        ({"context": 0}, "context of at least 1; received 0"),
        ({"min_words": 7, "max_words": 5}, "Expected max_words of at least min_words=7; received 5"),
        ({"max_vocab_size": 0}, "max_vocab_size of at least 1, or None; received 0"),
        ({"max_unknown": 1.5}, "from 0 to 1; received 1.5"),
        ({"min_words": 99}, "options that drop pairs"),
    ],
)
def test_options_out_of_their_range(folder, options, message):
    with pytest.raises(ValueError, match=message):
        cornell.load(folder, **options)


def test_repeats_of_other_films_are_dropped_and_counted(tmp_path):
    """Every film has the same long pair, in a slightly different form, and a pair of its own."""
    films, lines, talks = 23, "", ""
    for film in range(films):
        same = (
            ("WHERE were you?", "At home, the whole day!")
            if film % 2
            else ("Where were you", "At home the day")
        )
        for number, text in enumerate((*same, f"Film {film} has this", f"and number {film} that")):
            lines += f"L{film}{number} +++$+++ u +++$+++ m{film} +++$+++ A +++$+++ {text}\n"
        for first in (0, 2):
            talks += f"u +++$+++ v +++$+++ m{film} +++$+++ {[f'L{film}{first}', f'L{film}{first + 1}']}\n"
    folder = write(tmp_path / "corpus", lines, talks)
    corpus = cornell.load(folder)
    assert corpus.notes["duplicates"] + corpus.notes["near_duplicates"] == 4  # 2 films of dev, 2 of test
    assert len(corpus.train) == 2 * 19 and len(corpus.dev) == len(corpus.test) == 2
    assert all(pair.source.startswith("Film") for pair in corpus.dev + corpus.test)
    kept = cornell.load(folder, keep_duplicates=True)
    assert [len(pairs) for pairs in kept.splits.values()] == [38, 4, 4]
    assert kept.notes["duplicates"] == kept.notes["near_duplicates"] == 0


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
    lines, conversations, *_ = cornell.frames(folder)
    assert list(lines.columns) == ["line_id", "character_id", "movie_id", "character", "text"]
    assert list(conversations.columns) == ["character_id_1", "character_id_2", "movie_id", "line_ids"]
    assert (len(lines), len(conversations)) == (4 * FILMS, FILMS)
    assert lines.set_index("line_id").loc["L101"].tolist() == ["u1", "m10", "NAME1", "10 Naïve…"]
    assert conversations.loc[0, "line_ids"] == ["L100", "L101", "L102", "L103"]


def test_without_metadata_the_lines_tell_who_and_where(folder):
    _, _, characters, films = cornell.frames(folder)
    assert characters.loc[0, ["character_id", "character"]].tolist() == ["u1", "NAME1"]
    assert films["movie_id"].tolist() == [f"m{film}" for film in range(10 + FILMS - 1, 9, -1)]
    assert films.drop(columns="movie_id").isna().all(axis=None)
    assert characters[["movie_title", "gender", "credit_position"]].isna().all(axis=None)


CHARACTERS = """u0 +++$+++ NAME0 +++$+++ m10 +++$+++ a film +++$+++ F +++$+++ 3
u1 +++$+++ NAME1 +++$+++ m10 +++$+++ a film +++$+++ ? +++$+++ ?
"""
TITLES = """m10 +++$+++ a film +++$+++ 1989/I +++$+++ 6.90 +++$+++ 62847 +++$+++ ['comedy', 'sci-fi']
m11 +++$+++ café +++$+++ 1999 +++$+++ 7.00 +++$+++ 11 +++$+++ []
"""


def check_metadata(frames):
    assert frames.characters.iloc[0].tolist() == ["u0", "m10", "NAME0", "a film", "f", 3]
    assert frames.characters.iloc[1].isna().tolist() == [False] * 4 + [True] * 2
    assert frames.films.iloc[0].tolist() == ["m10", "a film", 1989, 6.9, 62847, ["comedy", "sci-fi"]]
    assert frames.films.iloc[1].tolist() == ["m11", "café", 1999, 7.0, 11, []]
    assert len(frames.characters) == len(frames.films) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_official_metadata(folder, encoding):
    (folder / "movie_characters_metadata.txt").write_text(CHARACTERS, encoding)
    (folder / "movie_titles_metadata.txt").write_text(TITLES, encoding)
    check_metadata(cornell.frames(folder, strict=True))


@pytest.mark.parametrize("nested", [True, False])
def test_convokit_metadata(tmp_path, nested):
    folder = write_jsonl(tmp_path / "convokit", utterances(2))
    names = ("character_name", "movie_idx", "movie_name", "gender", "credit_pos")
    rows = ("u0", "NAME0", "m10", "a film", "f", "3"), ("u1", "NAME1", "m10", "a film", "?", "?")
    speakers = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
    names = ("movie_idx", "movie_name", "release_year", "rating", "votes", "genre")
    rows = (
        ("m10", "a film", "1989/I", "6.90", "62847", "['comedy', 'sci-fi']"),
        ("m11", "café", 1999, 7, 11, []),
    )
    films = [dict(zip(names, row, strict=True)) for row in rows]
    talks = {"L100": films[0], "L101": films[0], "L110": films[1]}
    for name, records in (("speakers", speakers), ("conversations", talks)):
        records = {
            key: {"meta": record, "vectors": []} if nested else record for key, record in records.items()
        }
        (folder / f"{name}.json").write_text(json.dumps(records), "utf-8")
    check_metadata(cornell.frames(folder, strict=True))


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("movie_characters_metadata.txt", CHARACTERS + "u2 +++$+++ X\n", "line 3: expected id, name"),
        (
            "movie_titles_metadata.txt",
            TITLES + "m +++$+++ t +++$+++ 1 +++$+++ good +++$+++ 1 +++$+++ []",
            "good",
        ),
        ("speakers.json", "[1]", "line 1: expected a JSON object"),
        ("speakers.json", '{"u0": 7}', "expected character_name"),
        ("conversations.json", "{", "expected a JSON object"),
    ],
)
def test_malformed_metadata(folder, file, text, message):
    (folder / file).write_text(text, "utf-8")
    with pytest.warns(UserWarning, match=message) as caught:
        frames = cornell.frames(folder)
    assert len(caught) == 1 and len(frames.characters) >= 2 and len(frames.films) >= 2
    with pytest.raises(ValueError, match=message):
        cornell.frames(folder, strict=True)


def zipped(folder, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in sorted(folder.iterdir()):
            opened.write(file, file.name)
    return archive.read_bytes()


@pytest.mark.parametrize("fault", ["cut", "cut within a file", "altered", "web page", "empty"])
def test_a_damaged_zip_is_an_error(folder, tmp_path, fault):
    archive = tmp_path / "corpus.zip"
    whole = zipped(folder, archive)
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:-7],
        "cut within a file": whole[:middle],
        "altered": whole[:97] + bytes(byte ^ 255 for byte in whole[97:101]) + whole[101:],
        "web page": b"<html><body>Please sign in</body></html>",
        "empty": b"",
    }
    archive.write_bytes(damaged[fault])
    with pytest.raises(ValueError, match=r"Expected a whole zip file at .*corpus\.zip.*Get it again"):
        cornell.load(archive)


def test_a_zip_without_lines_is_an_error(folder, tmp_path):
    (folder / "movie_lines.txt").unlink()
    zipped(folder, tmp_path / "corpus.zip")
    with pytest.raises(FileNotFoundError, match=r"received \['movie_conversations\.txt'\]"):
        cornell.load(tmp_path / "corpus.zip")


def test_lines_that_end_halfway_leave_the_conversations_before(tmp_path):
    """A file that was cut in the middle of a line, and with it half a conversation."""
    lines, conversations = official(2)
    lines = "\n".join(reversed(lines.splitlines()))  # in the order of the story
    cut = lines[: lines.index("L112") + len("L112 +++$+++ u0")]
    with pytest.warns(UserWarning, match="1 malformed lines and 2 unknown"):
        corpus = cornell.load(write(tmp_path / "corpus", cut, conversations))
    assert everything(corpus) == sorted(
        [
            ("10 The “café” is shut.", "10 Naïve…"),
            ("10 Naïve…", "10 So it is."),
            ("11 The “café” is shut.", "11 Naïve…"),
        ]
    )
    with pytest.raises(ValueError, match="Mend the file"):
        cornell.load(tmp_path / "corpus", strict=True)


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


@pytest.mark.slow(
    guard="tests/package/corpora/test_cornell.py::test_repeats_of_other_films_are_dropped_and_counted"
)
@pytest.mark.skipif(not REAL.is_dir(), reason="needs S2S_LESSON_DATA/cornell")
def test_the_real_subset():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = cornell.load(REAL, strict=True)
    notes = corpus.notes
    assert (notes["lines"], notes["conversations"], notes["films"]) == (28_676, 8_067, 59)
    dropped = notes["empty"] + notes["duplicates"] + notes["near_duplicates"]
    assert notes["adjacent_pairs"] == 20_609 == len(everything(corpus)) + dropped
    assert notes["duplicates"] > 0 and notes["near_duplicates"] > 0
    assert len(corpus.train) > 10_000 and len(corpus.dev) > 1_000 and len(corpus.test) > 1_000
