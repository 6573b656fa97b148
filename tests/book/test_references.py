"""The bibliography: every work that is cited has a complete entry, and every entry is cited.

No engine is needed.
"""

import json
import re
from pathlib import Path

import pytest
from pybtex.database import parse_string

ROOT = Path(__file__).parents[2]
BIBLIOGRAPHY = ROOT / "book" / "references.bib"
CITING = sorted([*ROOT.glob("book/*.ipynb"), *ROOT.glob("book/*.md"), *ROOT.glob("s2s_lesson/**/*.py")])
NOTEBOOKS = sorted(ROOT.glob("book/*.ipynb"))
DEEPER = [path for path in NOTEBOOKS if re.match(r"0\d[a-z]-", path.name)]  # pages of a chapter
CHAPTERS = [path for path in NOTEBOOKS if path not in DEEPER]
REQUIRED = {
    "article": {"title", "journal", "volume", "year"},
    "inproceedings": {"title", "booktitle", "year"},
    "misc": {"title", "year"},
}
# What finds a work, as it stands in a text: arXiv number, DOI, or the page of a publisher or an author.
IDENTIFIERS = (
    (re.compile(r"(?:arxiv\.org/abs/|arXiv:)(\d{4}\.\d{4,5})"), "eprint"),
    (re.compile(r"(?:doi\.org/|doi:)(10\.\d{4,9}/[\w.()/-]*\w)"), "doi"),
    (re.compile(r"aclanthology\.org/([\w.-]*\w)"), "url"),
    (re.compile(r"jmlr\.org/(papers/[\w./-]*\w)"), "url"),
    (re.compile(r"proceedings\.mlr\.press/([\w./-]*\w)"), "url"),
    (re.compile(r"karpathy\.github\.io/([\w./-]*\w)"), "url"),
    (re.compile(r"jfly\.uni-koeln\.de/(\w+)"), "url"),
)


def cited(text):
    """The identifiers in a text, each with the field of an entry that holds it."""
    return {(field, identifier) for pattern, field in IDENTIFIERS for identifier in pattern.findall(text)}


def text_of(path):
    """What stands in a file; of a notebook, what stands in its cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def entries(text):
    return parse_string(text, "bibtex").entries


def incomplete(entry):
    """What an entry lacks, in words."""
    if entry.type not in REQUIRED:
        return [f"a type among {', '.join(REQUIRED)}"]
    missing = sorted(REQUIRED[entry.type] - set(entry.fields))
    missing += [] if entry.persons.get("author") else ["author"]
    missing += [] if {"eprint", "doi", "url"} & set(entry.fields) else ["eprint, doi or url"]
    return missing + (
        ["archiveprefix"] if ("eprint" in entry.fields) != ("archiveprefix" in entry.fields) else []
    )


def finds(entry, field, identifier):
    """Whether an entry is the one that an identifier names."""
    value = entry.fields.get(field, "").rstrip("/")
    return value == identifier or (field == "url" and value.endswith(f"/{identifier}"))


ENTRIES = entries(BIBLIOGRAPHY.read_text(encoding="utf-8"))
CITED = {path.relative_to(ROOT).as_posix(): cited(text_of(path)) for path in CITING}
GOOD = "@misc{one2001, title={One}, author={A, B}, year={2001}, eprint={2101.00001}, archiveprefix={arXiv}}"


def test_every_work_that_is_cited_has_one_entry():
    for path, identifiers in CITED.items():
        for identifier in identifiers:
            keys = [key for key, entry in ENTRIES.items() if finds(entry, *identifier)]
            assert len(keys) == 1, f"{path} cites {identifier}: {keys}"


def test_every_entry_is_cited():
    everywhere = set().union(*CITED.values())
    assert len(everywhere) > 60
    unused = [
        key
        for key, entry in ENTRIES.items()
        if not any(finds(entry, *identifier) for identifier in everywhere)
    ]
    assert unused == []


def test_every_entry_is_complete():
    assert {key: lacks for key, entry in ENTRIES.items() if (lacks := incomplete(entry))} == {}
    assert list(ENTRIES) == sorted(ENTRIES)


def test_keys_say_the_year():
    wrong = [
        key
        for key, entry in ENTRIES.items()
        if not re.fullmatch(rf"[a-z]+{entry.fields['year']}[a-z0-9]+", key)
    ]
    assert wrong == []


def test_the_checks_themselves():
    assert cited("[a](https://arxiv.org/abs/2101.00001), doi:10.1000/a.b-1.") == {
        ("eprint", "2101.00001"),
        ("doi", "10.1000/a.b-1"),
    }
    assert cited("See aclanthology.org/N04-1022; https://www.jmlr.org/papers/v3/bengio03a.html") == {
        ("url", "N04-1022"),
        ("url", "papers/v3/bengio03a.html"),
    }
    (good,) = entries(GOOD).values()
    assert (
        incomplete(good) == []
        and finds(good, "eprint", "2101.00001")
        and not finds(good, "doi", "2101.00001")
    )
    for change, lacks in [
        ("title", ["title"]),
        ("author", ["author"]),
        ("eprint", ["eprint, doi or url", "archiveprefix"]),
    ]:
        (bad,) = entries(GOOD.replace(f"{change}=", f"x{change}=")).values()
        assert incomplete(bad) == lacks


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_open_and_end_alike(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    last = "".join(cells[-1]["source"])
    first = text_of(path).partition("\n## ")[0]  # a view may stand above what will be learnt
    assert re.match(r"# \w", first)
    parts = re.findall(r"^\*\*(You will learn|You need|Time:|In the API reference:)\*\*", first, re.MULTILINE)
    assert parts == ["You will learn", "You need", "Time:", "In the API reference:"]
    points = re.search(r"\*\*You will learn\*\*\n\n((?:- .+\n(?:  .+\n)*)+)", first)[1]
    assert 3 <= len(re.findall(r"^- ", points, re.MULTILINE)) <= 5
    assert re.search(r"\*\*Time:\*\* about \d+ minutes to read.*notebook\s+runs in", first)
    headings = re.findall(r"^## (.+)$", text_of(path), re.MULTILINE)
    assert [name for name in headings if name in ("Summary", "Exercises", "Further reading")] == [
        "Summary",
        "Exercises",
        "Further reading",
    ]
    reading = last.partition("## Further reading\n")[2]
    works = re.findall(r"^- .+(?:\n  .+)*", reading, re.MULTILINE)
    assert len(works) >= 5
    assert [work for work in works if not re.search(r"\]\(http[^)]+\):\s+\S.+\.$", work, re.DOTALL)] == []
    assert "](appendix-bibliography.md)" in reading


@pytest.mark.parametrize("path", DEEPER, ids=lambda path: path.stem)
def test_deeper_pages_lead_back_to_their_chapter_and_are_listed_under_it(path):
    [chapter] = [one for one in CHAPTERS if one.name.startswith(path.name[:2] + "-")]
    first = text_of(path).partition("\n## ")[0]
    assert re.match(r"# \w", first) and f"]({chapter.name})" in first
    assert re.search(r"\*\*Time:\*\* about \d+ minutes to read.*notebook\s+runs in", first)
    assert f"]({path.name}" in text_of(chapter)
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert re.search(
        rf"file: book/{chapter.stem}\n +sections:\n(?: +- file: .+\n)*? +- file: book/{path.stem}\n", toc
    )
