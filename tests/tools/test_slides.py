"""Slides: what of a notebook becomes one, and a deck that is one file and needs no network."""

import base64
import re

import nbformat
import pytest
import slides
from lessons import published, sections
from nbformat import v4
from slides import deck, exported, inline, main, slides_of

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='3' height='5'><path d='M0 0h3'/></svg>"
IMAGE = f"data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}"
VIEW = f'<figure><img alt="A map of &lt;/s&gt;." src="{IMAGE}"><script>live("<img src=x>")</script></figure>'
TABLE = "<div><style>td { color: red }</style><table>\n\n<tr><td>11</td></tr></table></div>"
OPENING = """\
# Sevens

**Why seven?** Look at it.

**You will learn**

- to count to seven, by [a table](other.ipynb#table).

**Time:** seven minutes."""
PART = """\
## A part

It is short. It has a picture. Here is a row. What do you see? Nothing. Or do you?

**A common mistake** is to see six ([errata](appendix-errata.md#6)). There are *seven*. Count them."""
REST = """\
### Rows

| one | two |
|---|---|
| $1$ | [2](a.md) |

Only one sentence.

## Summary

- First.
- Second, of two
  lines.

## Quiz

Answer.

## Exercises

### Exercise 7.1 (easy)

What is seven?

## After

The end."""


def cell(*outputs, **metadata):
    data = [v4.new_output("display_data", data=output) for output in outputs]
    return v4.new_code_cell("draw('secret')", outputs=data, metadata=metadata)


@pytest.fixture
def notebook():
    image = {"image": {"alt": 'Seven "bars".'}, "code_prompt_show": "Draw the bars"}
    cells = [
        v4.new_markdown_cell(OPENING),
        cell({"text/html": VIEW}),
        v4.new_markdown_cell(PART),
        cell({"image/svg+xml": SVG}, {"text/html": TABLE}, mystnb=image),
        cell({"text/plain": "17"}),
        v4.new_markdown_cell(REST),
        cell({"image/svg+xml": SVG}),
    ]
    return v4.new_notebook(cells=cells)


def texts(slides_notebook, kinds=("slide", "subslide")):
    return [one.source for one in slides_notebook.cells if one.metadata.slideshow.slide_type in kinds]


def test_headings_questions_figures_tables_and_key_sentences_are_slides(notebook):
    made = texts(deck(notebook, "sevens"))
    assert [text.partition("\n")[0] for text in made] == [
        "# Sevens",
        "## Sevens",  # its picture
        "**You will learn**",
        "## A part",  # the question and the figure
        "## A part",  # the table
        "## A part",  # the mistake
        "### Rows",
        "## Summary",
        "## After",
    ]
    assert made[0] == "# Sevens\n\nWhy seven?"
    assert made[2] == "**You will learn**\n\n- to count to seven, by a table."
    assert "It has a picture. Here is a row. What do you see?\n" in made[3] and IMAGE in made[3]
    assert 'alt="Seven &quot;bars&quot;."' in made[3] and '<p class="caption">The bars</p>' in made[3]
    assert "<td>11</td>" in made[4] and "<style>" not in made[4] and "\n\n<tr>" not in made[4]
    assert made[5] == "## A part\n\n**A common mistake** is to see six. There are *seven*."
    assert made[6] == "### Rows\n\nOnly one sentence.\n\n| one | two |\n|---|---|\n| $1$ | 2 |\n\n"
    assert made[7] == "## Summary\n\n- First.\n- Second, of two\n  lines."
    assert made[8].startswith("## After\n\nThe end.")
    assert "secret" not in "".join(made) and "17" not in "".join(made)


def test_a_note_says_what_is_to_be_seen_and_where_the_book_has_it(notebook):
    notes = texts(deck(notebook, "sevens"), ["notes"])
    assert notes[0] == f"In the book: <{published()}sevens.html>"
    assert notes[1] == f"A map of &lt;/s&gt;.\n\nIn the book: <{published()}sevens.html>"
    assert notes[3] == f'Seven "bars".\n\nIn the book: <{published()}sevens.html#a-part>'


def test_parts_of_a_section_are_below_each_other(notebook):
    kinds = [one.metadata.slideshow.slide_type for one in deck(notebook, "sevens").cells]
    assert kinds[::2] == ["slide", "subslide", "subslide", "slide", *["subslide"] * 3, "slide", "slide"]
    assert kinds[1::2] == ["notes"] * 9


def test_a_long_summary_has_several_slides():
    text = "# One\n\n## Summary\n\n" + "\n".join(f"- {number}" for number in range(7))
    summary = sections(v4.new_notebook(cells=[v4.new_markdown_cell(text)]))[1]
    assert [text.count("\n- ") for text, _ in slides_of(summary)] == [4, 3]


@pytest.fixture
def reveal(tmp_path):
    """A folder with what is used of reveal.js."""
    folder = tmp_path / "reveal"
    (folder / "plugin").mkdir(parents=True)
    (folder / "reveal.css").write_text(".reveal { color: black }", encoding="utf-8")
    (folder / "reveal.js").write_text("var Reveal = '</script><!-- -->'", encoding="utf-8")
    (folder / "plugin" / "notes.js").write_text("var RevealNotes = 7", encoding="utf-8")
    return folder


def test_a_deck_is_one_file_that_asks_for_nothing(notebook, reveal):
    page = exported(deck(notebook, "sevens"), reveal)
    assert "<title>Sevens: slides</title>" in page and "Reveal.initialize" in page
    assert (
        page.count("<script>") == page.count("</script>") == 5
    )  # two of reveal.js, two of MathJax, the start
    assert re.findall(r"<link|<script [^>]*src|@import|url\((?!data:|#)", page.partition("MathJax")[0]) == []
    assert {source[:5] for source in re.findall(r'<img [^>]*src="([^"]*)', page)} == {"data:"}
    assert page.count('<aside class="notes">') == 9 and "draw(" not in page
    assert "tex-svg" not in exported(deck(v4.new_notebook(cells=notebook.cells[:1]), "sevens"), reveal)


def test_scripts_can_stand_in_a_page():
    assert inline("'</script>' + '<!--'") == "'<\\/script>' + '<\\!--'"


def test_decks_are_written_under_the_names_of_the_notebooks(notebook, reveal, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "REVEAL", reveal)
    executed = tmp_path / "executed"
    executed.mkdir()
    assert "Run: make book" in main(executed=executed, folder=tmp_path / "made")
    for name in ("sevens", "eights"):
        nbformat.write(notebook, executed / f"{name}.ipynb")
    assert main("sevens", executed=executed, folder=tmp_path / "made") is None
    assert capsys.readouterr().out == f"{tmp_path / 'made' / 'sevens.slides.html'}\n"
    assert "Reveal.initialize" in (tmp_path / "made" / "sevens.slides.html").read_text(encoding="utf-8")


def test_without_reveal_it_is_said_what_to_do(notebook, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected reveal\.js in .* Run: make book"):
        exported(deck(notebook, "sevens"), tmp_path)
