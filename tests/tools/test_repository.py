"""The address of the repository: one for the whole project, changed by one command.

No engine is needed.
"""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
repository = runpy.run_path(str(ROOT / "tools" / "repository.py"))
current, change, named, pages_of = (repository[name] for name in ("current", "change", "named", "pages_of"))


def text_files(root):
    for path in repository["files"](root):
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_the_address_is_the_same_everywhere():
    this_file = Path(__file__).name
    addresses = {
        path.name: names
        for path, text in text_files(ROOT)
        if (names := named(text)) and path.name != this_file
    }
    assert {"_config.yml", "README.md", "pyproject.toml", "01-concepts.ipynb", "test_notebooks.py"} <= set(
        addresses
    )
    assert {"CITATION.cff", "config.yml"} <= set(addresses)
    assert set().union(*addresses.values()) == {current()}


def test_the_book_is_published_where_its_repository_says():
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert f"  baseurl: {pages_of(current())} " in config


def test_nothing_of_the_old_address_is_left(tmp_path):
    """In a copy of the whole project; the address of the published book changes with it."""
    old, count = current(), 0
    for path, text in text_files(ROOT):
        if old in text or pages_of(old) in text:
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
            count += 1
    changed = change("https://github.com/you/a-fork", tmp_path)
    assert len(changed) == count > 10
    texts = {path.relative_to(tmp_path).as_posix(): text for path, text in text_files(tmp_path)}
    assert [name for name, text in texts.items() if old in text or pages_of(old) in text] == []
    assert "https://you.github.io/a-fork/" in texts["_config.yml"]
    for name in ("CODE_OF_CONDUCT.md", "CITATION.cff", ".github/ISSUE_TEMPLATE/config.yml", "pyproject.toml"):
        assert "https://github.com/you/a-fork" in texts[name]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_config.yml").write_text(
        "repository:\n  url: https://github.com/ann/one\n  branch: main\n"
        "html:\n  baseurl: https://ann.github.io/one/ # the book\n"
    )
    (tmp_path / "README.md").write_text('pip install "x[y] @ git+https://github.com/ann/one"\n')
    (tmp_path / "data.py").write_text(
        'URL = "https://raw.githubusercontent.com/ann/one/main/book/"\n'
        'OTHER = "https://github.com/ann/one-more", "https://raw.githubusercontent.com/multi30k/dataset/x"\n'
    )
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    (tmp_path / "_build").mkdir()
    (tmp_path / "_build" / "page.html").write_text("https://github.com/ann/one")
    return tmp_path


def test_one_command_changes_it_everywhere(project):
    assert current(project) == "ann/one"
    changed = change("https://github.com/you/fork", project)
    assert {path.name for path in changed} == {"_config.yml", "README.md", "data.py"}
    assert current(project) == "you/fork"
    assert set().union(*(named(text) for _, text in text_files(project))) == {"you/fork"}
    assert "ann/one-more" in (project / "data.py").read_text()
    assert "  baseurl: https://you.github.io/fork/ # the book\n" in (project / "_config.yml").read_text()


def test_an_address_of_the_book_that_differs_is_found():
    assert named("html:\n  baseurl: https://ann.github.io/two/\n") == {"ann/two"}
    assert named("see https://ann.github.io/two/, or\nurl: https://other.example/two/") == set()


@pytest.mark.parametrize("url", ["you/fork", "https://example.org/you/fork", "https://github.com/you", ""])
def test_an_address_that_colab_cannot_open_changes_nothing(project, url):
    before = (project / "README.md").read_text()
    with pytest.raises(ValueError, match="Expected an address such as"):
        change(url, project)
    assert (project / "README.md").read_text() == before
