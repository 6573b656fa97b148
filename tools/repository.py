"""Give the project another address: in _config.yml, the chapters, the README and wherever else it stands.

The address of the published book follows from it.

python tools/repository.py https://github.com/you/fork
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w-]+)/?")
# Where the address stands: what pip installs, files that a chapter reads, the book, the package, citations.
PLACES = re.compile(
    r"""(?:git\+https://github\.com/                              # pip install
    | https://raw\.githubusercontent\.com/                         # the data of a chapter
    | ^\ *(?:url|repository-code):\ https://github\.com/           # _config.yml, CITATION.cff, forms
    | ^(?:Repository|Changelog|Issues)\ =\ "https://github\.com/   # pyproject.toml
    )([\w.-]+/[\w-]+)""",
    re.VERBOSE | re.MULTILINE,
)
# The same, of the book as GitHub Pages shows it.
PAGES = re.compile(
    r"""(?:^\ *(?:base)?url:\ https://      # _config.yml, CITATION.cff
    | ^Documentation\ =\ "https://        # pyproject.toml
    )([\w-]+)\.github\.io/([\w-]+)/""",
    re.VERBOSE | re.MULTILINE,
)
OF_OTHERS = {"multi30k/dataset"}
NOT_OURS = {
    ".git",
    "_build",
    "runs",
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
}


def owner_and_name(url):
    """The part of an address that tells a repository from others, "owner/name".

    Raises:
        ValueError: it is no address of a repository on GitHub.
    """
    match = ADDRESS.fullmatch(url)
    if not match:
        raise ValueError(
            f"Expected an address such as https://github.com/you/fork (Colab opens no others); "
            f"received {url!r}."
        )
    return match[1]


def current(root=ROOT):
    """The "owner/name" that _config.yml says."""
    (url,) = re.findall(r"^  url: (\S+)$", (root / "_config.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return owner_and_name(url)


def pages_of(name):
    """The address under which GitHub Pages shows the book of "owner/name"."""
    owner, _, name = name.partition("/")
    return f"https://{owner}.github.io/{name}/"


def files(root=ROOT):
    """The files of the project, without what was built, installed or downloaded."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".venv")]
        yield from (Path(folder) / name for name in names)


def named(text):
    """Every "owner/name" by which a text names this project."""
    of_pages = {"/".join(parts) for parts in PAGES.findall(text)}
    return (of_pages | set(PLACES.findall(text))) - OF_OTHERS


def change(url, root=ROOT):
    """Write the new address in place of the old one; the files that changed."""
    old, new = current(root), owner_and_name(url)
    pattern = re.compile(rf"(?<=\.com/){re.escape(old)}(?![\w-])")
    changed = []
    for path in files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        changed_text = pattern.sub(new, text).replace(pages_of(old), pages_of(new))
        if changed_text != text:
            path.write_text(changed_text, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected one address; run: make repository URL=https://github.com/you/fork")
    try:
        changed = change(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
    print(
        f"The address is {sys.argv[1]} in {len(changed)} files:",
        *(f"  {path.relative_to(ROOT)}" for path in changed),
        sep="\n",
    )
