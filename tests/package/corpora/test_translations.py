import gzip
import hashlib
import json
import os
import warnings
import zipfile
from pathlib import Path

import pytest

from s2s_lesson import corpora
from s2s_lesson.corpora import CorpusUnavailable, _fetch, group_references, translations
from s2s_lesson.corpora._corpus import split_by_hash

REAL = Path(os.environ.get("S2S_LESSON_DATA") or "nowhere")
FILES = {"spanish": "spa-eng", "multi30k": "multi30k"}
SIDES = [f"{part}.{ending}" for part in ("train", "val", "test_2016_flickr") for ending in ("de", "en")]


def pairs_of(text):
    """Invented Spanish: each English word, backwards."""
    return [(" ".join(word[::-1] for word in english.split()), english) for english in text]


def sentences(count=499):
    colours, things = ("red", "blue", "green", "grey", "white"), ("owl", "boat", "tree", "lamp", "shoe")
    for number in range(count):
        yield f"the {colours[number % 5]} {things[number // 5 % 5]} has {number} friends."


def write_spanish(folder, lines, ending="\n", encoding="utf-8"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spa.txt").write_bytes("".join(line + ending for line in lines).encode(encoding))
    return folder


def spanish_lines():
    return [f"{english}\t{spanish}" for spanish, english in pairs_of(sentences())]


def write_multi30k(folder, **changes):
    """Write six small files: 7 pairs to train on, 3 for dev, 2 for test."""
    folder.mkdir(parents=True, exist_ok=True)
    english = list(sentences(12))
    for part, rows in (("train", slice(0, 7)), ("val", slice(7, 10)), ("test_2016_flickr", slice(10, 12))):
        texts = {
            f"{part}.de": [german for german, _ in pairs_of(english[rows])],
            f"{part}.en": english[rows],
        }
        for name, lines in texts.items():
            lines = changes.get(name.replace(".", "_"), lines)
            (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def know(monkeypatch, folder):
    """Take the files of a folder for the right ones."""
    for file in folder.iterdir():
        monkeypatch.setitem(translations.SHA256, file.name, hashlib.sha256(file.read_bytes()).hexdigest())


def everything(corpus):
    return [pair for pairs in corpus.splits.values() for pair in pairs]


def keys(pairs):
    return {translations.comparable(text) for pair in pairs for text in pair}


@pytest.fixture
def spanish(tmp_path):
    return write_spanish(tmp_path / "data" / "spa-eng", spanish_lines())


@pytest.fixture
def multi30k(tmp_path):
    return write_multi30k(tmp_path / "data" / "multi30k")


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    monkeypatch.delenv("S2S_LESSON_DATA", raising=False)
    monkeypatch.setenv("S2S_LESSON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(translations, "SPANISH_URL", "http://127.0.0.1:9/spa-eng.zip")
    monkeypatch.setattr(translations, "MULTI30K_URL", "http://127.0.0.1:9/raw/")


def test_sentences_are_compared_by_their_words():
    same = ("¿Qué? ¡NO!", " qué  no", "Que\u0301,\tno...", "｢Qué｣ No")
    assert {translations.comparable(sentence) for sentence in same} == {"qué no"}
    assert translations.comparable("¡... !") == ""


def test_spanish_pairs_read_spanish_and_write_english(spanish):
    corpus = translations.load("spanish", path=spanish)
    assert sorted(everything(corpus)) == sorted(pairs_of(sentences()))
    assert corpus.name == "spanish" and corpus.source_tokens == corpus.target_tokens == "casual"
    assert corpus.notes == {"lines": 499, "empty": 0, "duplicates": 0, "groups": 499}
    assert all(corpus.splits.values())


def test_the_split_is_the_documented_rule(spanish):
    corpus = translations.load("spanish", path=spanish)
    for name, pairs in corpus.splits.items():
        for pair in pairs:
            assert split_by_hash(translations.comparable(pair.target), 0.02, 0.02) == name
    lines = spanish_lines()
    assert translations.load("spanish", path=write_spanish(spanish, lines[::-1])).test == corpus.test[::-1]


def test_pairs_that_share_a_sentence_stay_together(tmp_path):
    chain = []
    for number in range(200):  # a, A - A, b - b, B: linked by a target, then by a source
        chain += [f"A{number}\ta{number}", f"a{number}!\tb{number}", f"B{number}\tB{number}?"]
    folder = write_spanish(tmp_path, [*chain, "C\tx", "c!\ty", "D\tY.", "E\tz"])
    corpus = translations.load("spanish", path=folder)
    assert corpus.notes["groups"] == 202
    for name, others in (("train", ("dev", "test")), ("dev", ("test",))):
        for other in others:
            assert not keys(corpus.splits[name]) & keys(corpus.splits[other])
    linked = [pair for pair in everything(corpus) if pair.target in ("C", "c!", "D")]
    assert len(linked) == 3 and any(set(linked) <= set(pairs) for pairs in corpus.splits.values())


def test_all_translations_of_a_sentence_are_gathered(tmp_path):
    lines = [*spanish_lines(), *(f"take {line}" for line in spanish_lines())]
    corpus = translations.load("spanish", path=write_spanish(tmp_path, lines))
    for pairs in (corpus.dev, corpus.test):
        _, references = group_references(pairs)
        assert all(len(right) == 2 and right[1] == f"take {right[0]}" for right in references)


def test_blank_and_repeated_pairs_are_dropped_and_counted(tmp_path):
    lines = ["A cow.\tUna vaca.", "A cow.\tUna vaca.", "A cow.\t  ", "...\tUna casa.", "A cow!\tUna vaca."]
    corpus = translations.load("spanish", path=write_spanish(tmp_path, lines))
    assert sorted(everything(corpus)) == [("Una vaca.", "A cow!"), ("Una vaca.", "A cow.")]
    assert corpus.notes == {"lines": 5, "empty": 2, "duplicates": 1, "groups": 1}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\tCC-BY 2.0 (France)\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_other_versions_of_the_file_read_the_same(spanish, tmp_path, ending, encoding):
    other = write_spanish(tmp_path / "other", spanish_lines(), ending, encoding)
    assert translations.load("spanish", path=other) == translations.load("spanish", path=spanish)


def test_multi30k_keeps_the_official_parts(multi30k):
    corpus = translations.load("multi30k", path=multi30k)
    assert everything(corpus) == pairs_of(sentences(12))
    assert {name: len(pairs) for name, pairs in corpus.splits.items()} == {"train": 7, "dev": 3, "test": 2}
    assert corpus.name == "multi30k" and corpus.source_tokens == corpus.target_tokens == "casual"
    assert corpus.notes == {"lines": 12, "empty": 0, "train_shared": 0}


@pytest.mark.parametrize("side", ["de", "en"])
@pytest.mark.parametrize("held_out", ["val", "test_2016_flickr"])
def test_train_gives_up_what_it_shares_with_dev_and_test(multi30k, side, held_out):
    shared = (multi30k / f"{held_out}.{side}").read_text(encoding="utf-8").splitlines()[1]
    train = (multi30k / f"train.{side}").read_text(encoding="utf-8").splitlines()
    train[2:4] = [f" {shared.upper().removesuffix('.')} !", ""]
    folder = write_multi30k(multi30k, **{f"train_{side}": train})
    corpus = translations.load("multi30k", path=folder)
    assert corpus.notes == {"lines": 12, "empty": 1, "train_shared": 1}
    assert len(corpus.train) == 5 and len(corpus.dev) == 3 and len(corpus.test) == 2
    assert not keys(corpus.train) & (keys(corpus.dev) | keys(corpus.test))


def test_a_line_without_a_tab_is_named(tmp_path):
    folder = write_spanish(tmp_path, ["A cow.\tUna vaca.", "A house."])
    with pytest.raises(ValueError, match=r"in line 2 of spa\.txt; received no tab"):
        translations.load("spanish", path=folder)


def test_files_of_unequal_length_are_an_error(multi30k):
    folder = write_multi30k(multi30k, val_de=["eins", "zwei"])
    with pytest.raises(ValueError, match=r"in val\.de as in val\.en, .* received 2 and 3"):
        translations.load("multi30k", path=folder)


def test_other_encodings_are_an_error(tmp_path):
    folder = write_spanish(tmp_path, ["A cow.\tAquí está."], encoding="cp1252")
    with pytest.raises(ValueError, match=r"Expected UTF-8 in spa\.txt"):
        translations.load("spanish", path=folder)


@pytest.mark.parametrize("name", FILES)
def test_empty_files_are_an_error(tmp_path, name):
    for file in ("spa.txt", *SIDES):
        (tmp_path / file).write_text("")
    with pytest.raises(ValueError, match="at least one pair"):
        translations.load(name, path=tmp_path)


@pytest.mark.parametrize(("name", "file"), [("spanish", "spa.txt"), ("multi30k", "train.de")])
def test_missing_files_are_named(tmp_path, name, file):
    with pytest.raises(FileNotFoundError, match=f"{file} in the folder {tmp_path}"):
        translations.load(name, path=tmp_path)


def test_unknown_translations_are_named():
    with pytest.raises(ValueError, match="spanish, multi30k; received 'french'"):
        translations.load("french")


@pytest.mark.parametrize("name", FILES)
def test_the_data_folder_comes_before_the_download(spanish, multi30k, monkeypatch, name):
    folder = {"spanish": spanish, "multi30k": multi30k}[name]
    know(monkeypatch, folder)
    monkeypatch.setenv("S2S_LESSON_DATA", str(folder.parent))
    monkeypatch.setattr(translations, "fetch", lambda *args: pytest.fail("downloads"))
    assert corpora.load(name) == translations.load(name, path=folder)


@pytest.mark.parametrize("fault", ["truncated", "altered"])
@pytest.mark.parametrize(("name", "file"), [("spanish", "spa.txt"), ("multi30k", "val.en")])
def test_a_damaged_file_in_the_data_folder_is_named(spanish, multi30k, monkeypatch, name, file, fault):
    path = {"spanish": spanish, "multi30k": multi30k}[name] / file
    know(monkeypatch, path.parent)
    monkeypatch.setenv("S2S_LESSON_DATA", str(path.parents[1]))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if fault == "truncated" else content[:-2] + b"!\n")
    with pytest.raises(ValueError, match=rf"{file}; received .* cut short or altered.*http"):
        translations.load(name)


@pytest.mark.parametrize(("name", "url"), [("spanish", "9/spa-eng.zip"), ("multi30k", "9/raw/train.de.gz")])
def test_no_network_names_url_and_variable(no_network, name, url):
    with pytest.raises(CorpusUnavailable, match=rf"127\.0\.0\.1:{url}.*S2S_LESSON_DATA"):
        corpora.load(name)


def pack(folder, packed):
    """Pack the files as they are downloaded: a zip file with a folder in it, and .gz files."""
    packed.mkdir()
    with zipfile.ZipFile(packed / "spa-eng.zip", "w") as archive:
        if (folder / "spa.txt").exists():
            archive.write(folder / "spa.txt", "spa-eng/spa.txt")
        archive.writestr("spa-eng/_about.txt", "about")
        archive.writestr("__MACOSX/spa-eng/._spa.txt", "junk")
    for file in folder.iterdir():
        (packed / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    return packed


@pytest.fixture
def served(monkeypatch, no_network):
    """Serve a folder's files in place of the network; a list of the names that were asked for."""

    def serve(folder):
        asked = []

        def download(url, output_file, pooch, **options):
            name = url.rsplit("/", 1)[1]
            asked.append(name)
            Path(output_file).write_bytes((folder / name).read_bytes())

        monkeypatch.setattr("pooch.HTTPDownloader", lambda **options: download)
        return asked

    return serve


@pytest.mark.parametrize("name", FILES)
def test_downloads_are_unpacked_and_kept(spanish, multi30k, monkeypatch, tmp_path, served, name):
    folder = {"spanish": spanish, "multi30k": multi30k}[name]
    know(monkeypatch, folder)
    asked = served(pack(folder, tmp_path / "packed"))
    expected = translations.load(name, path=folder)
    assert corpora.load(name) == expected == corpora.load(name)
    assert asked == (["spa-eng.zip"] if name == "spanish" else [f"{side}.gz" for side in SIDES])
    cached = {path.name: path.read_bytes() for path in (tmp_path / "cache").iterdir()}
    assert cached == {f"{FILES[name]}-{file.name}": file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("fault", ["truncated", "altered", "html", "other member"])
@pytest.mark.parametrize(("name", "file"), [("spanish", "spa-eng.zip"), ("multi30k", "train.en.gz")])
def test_a_bad_download_leaves_nothing(spanish, multi30k, monkeypatch, tmp_path, served, name, file, fault):
    folder = {"spanish": spanish, "multi30k": multi30k}[name]
    know(monkeypatch, folder)
    packed = pack(folder, tmp_path / "packed")
    content = (packed / file).read_bytes()
    if fault == "truncated":
        (packed / file).write_bytes(content[: len(content) // 2])
    elif fault == "html":
        (packed / file).write_bytes(b"<html>Please sign in</html>")
    else:
        other = tmp_path / "other"
        other.mkdir()
        if fault == "altered" or name == "multi30k":
            (other / file.replace("spa-eng.zip", "spa.txt").removesuffix(".gz")).write_text("A cow.\tVaca.\n")
        (packed / file).write_bytes((pack(other, tmp_path / "packed again") / file).read_bytes())
    asked = served(packed)
    with pytest.raises(CorpusUnavailable, match=rf"{file}; .*cut short, altered.*S2S_LESSON_DATA"):
        corpora.load(name)
    assert asked[-1] == file
    assert all(path.name == "multi30k-train.de" for path in (tmp_path / "cache").iterdir())


def test_an_unsafe_zip_is_refused(tmp_path, served):
    (tmp_path / "packed").mkdir()
    with zipfile.ZipFile(tmp_path / "packed" / "spa-eng.zip", "w") as archive:
        archive.writestr("../spa.txt", "evil\tmalo\n")
    served(tmp_path / "packed")
    with pytest.raises(CorpusUnavailable):
        corpora.load("spanish")
    assert not list((tmp_path / "cache").iterdir()) and _fetch.cache_folder() == tmp_path / "cache"


def test_the_command_line_trains_on_translations_and_scores_them(
    multi30k, monkeypatch, tmp_path, capsys, uncompiled
):
    from s2s_lesson import __main__ as command_line
    from s2s_lesson.pipeline import PRESETS, Preset

    preset, run = PRESETS["multi30k"], str(tmp_path / "run")
    sizes = {
        "embedding_dim": 7,
        "encoder_units": 11,
        "decoder_units": 13,
        "min_count": 1,
        "max_output_length": 17,
    }
    tiny = Preset({"path": str(multi30k)}, {**preset.pipeline, **sizes}, preset.training)
    monkeypatch.setitem(PRESETS, "multi30k", tiny)
    assert command_line.main(["train", "--corpus", "multi30k", "--output", run, "--epochs", "1"]) == 0
    assert "7 train, 3 dev, 2 test pairs" in capsys.readouterr().out
    assert command_line.main(["evaluate", run, "--json", "--limit", "2", "--beam-size", "2"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["corpus"], scores["split"], scores["sources"]) == ("multi30k", "test", 2)
    for score in ("bleu", "chrf"):
        assert 0 <= scores[score] <= 100 and "version:" in scores[f"{score}_signature"]


@pytest.mark.slow(guard="tests/package/corpora/test_translations.py::test_the_real_multi30k")
@pytest.mark.skipif(not (REAL / "spa-eng").is_dir(), reason="needs S2S_LESSON_DATA/spa-eng")
def test_the_real_spanish():
    corpus = corpora.load("spanish")
    assert corpus.notes == {"lines": 118_964, "empty": 0, "duplicates": 0, "groups": 97_460}
    sizes = {name: len(pairs) for name, pairs in corpus.splits.items()}
    assert sizes == {"train": 114_360, "dev": 2_366, "test": 2_238}
    held_out = keys(corpus.dev) | keys(corpus.test)
    assert not keys(corpus.train) & held_out and not keys(corpus.dev) & keys(corpus.test)


@pytest.mark.skipif(not (REAL / "multi30k").is_dir(), reason="needs S2S_LESSON_DATA/multi30k")
def test_the_real_multi30k():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = corpora.load("multi30k")
    assert corpus.notes == {"lines": 31_014, "empty": 2, "train_shared": 2}
    sizes = {name: len(pairs) for name, pairs in corpus.splits.items()}
    assert sizes == {"train": 28_996, "dev": 1_014, "test": 1_000}
    assert not keys(corpus.train) & (keys(corpus.dev) | keys(corpus.test))
