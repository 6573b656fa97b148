"""Write the pages of the API reference, book/api/, anew: a page for each folder of the package.

python tools/api.py

The pages hold headings and names alone; Sphinx fills in signatures and docstrings when the book is built.
"""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE, PAGES = ROOT / "s2s_lesson", ROOT / "book" / "api"
INDEX = """\
# API reference

Every public function and class of `s2s_lesson`, folder by folder, in the order in which data flows through
them. The text comes from the docstrings. [Notation and shapes](../appendix-notation.md) explains the names of
the arrays.

Names are imported from their folder, as in `from s2s_lesson.layers import BahdanauAttention`, and those that
one begins with from `s2s_lesson` itself. What stands below a heading such as "s2s_lesson.layers.masks" is
imported from there. The command line, `s2s-lesson`, explains itself with `--help`.

| page | what it holds |
|---|---|
"""


def folders():
    """The folders that have a page, in the order of the layers, those that others stand on first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return ["", *(name for name in reversed(layers) if not name.startswith("_") and name != "commands")]


def modules(folder):
    """The dotted names of the public modules of a folder below the package, and their files."""
    if not folder:
        return {"": PACKAGE / "__init__.py"}
    named = {}
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if not any(part.startswith("_") for part in name.split(".")):
            named[name] = path
    return named


def defined(path):
    """The public functions and classes that a file defines, in its order, and what kind each is."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = {ast.FunctionDef: "function", ast.ClassDef: "class"}
    public = [node for node in body if type(node) in kinds and not node.name.startswith("_")]
    return {node.name: kinds[type(node)] for node in public if ast.get_docstring(node)}


def exported(path):
    """The functions and classes that a package offers, and their kinds, by the module that defines them."""
    stub = path.with_suffix(".pyi")
    tree = ast.parse((stub if stub.exists() else path).read_text(encoding="utf-8"))
    names = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("s2s_lesson."):
            file = PACKAGE.parent.joinpath(*node.module.split("."))
            file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
            kinds = defined(file)
            public = {alias.name: kinds[alias.name] for alias in node.names if alias.name in kinds}
            names.setdefault(file, {}).update(public)
    return names


def contents(folder):
    """What a page documents: path of a module below the package, to its names and their kinds."""
    files = modules(folder)
    offered = exported(files[folder])
    listed = {folder: {name: kind for names in offered.values() for name, kind in names.items()}}
    for module, path in files.items():
        names = {name: kind for name, kind in defined(path).items() if name not in offered.get(path, {})}
        listed.setdefault(module, {}).update(names)
    return {module: names for module, names in listed.items() if names}


def page(folder):
    """The Markdown of a folder's page."""
    parts = [f"# {dotted(folder)}", directive("automodule", dotted(folder), "no-members")]
    if not folder:
        return "\n\n".join([*parts, "It offers:", offers()]) + "\n"
    for module, names in contents(folder).items():
        if module != folder:
            parts += [f"## {dotted(module)}", directive("automodule", dotted(module), "no-members")]
        level = "##" if module == folder else "###"
        for name, kind in names.items():
            path = f"{dotted(module)}.{name}"
            parts += [f"{level} {name}", directive(f"auto{kind}", path, "members" * (kind == "class"))]
    return "\n\n".join(parts) + "\n"


def offers():
    """What the package itself offers: a list of links to the pages of the folders."""
    lines = []
    for file, names in sorted(exported(PACKAGE / "__init__.py").items()):
        folder = file.relative_to(PACKAGE).parts[0]
        lines += [f"- [`{name}`]({folder}.md#{anchor(name)}), from `{dotted(folder)}`" for name in names]
    return "\n".join(lines)


def anchor(name):
    """Of a heading, as MyST makes it."""
    return name.lower()


def dotted(module):
    return f"s2s_lesson.{module}" if module else "s2s_lesson"


def directive(kind, name, option):
    options = f"\n   :{option}:" if option else ""
    return f"```{{eval-rst}}\n.. {kind}:: {name}{options}\n```"


def file_name(folder):
    return f"{folder or 's2s_lesson'}.md"


def index():
    """The overview: a row for each page, with the first line of the folder's docstring."""
    rows = []
    for folder in folders():
        path = modules(folder)[folder]
        first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).partition("\n")[0]
        rows.append(f"| [`{dotted(folder)}`]({file_name(folder)}) | {first.replace('``', '`')} |")
    return INDEX + "\n".join(rows) + "\n"


def pages():
    """The text of every page of the reference by its file name."""
    return {"index.md": index(), **{file_name(folder): page(folder) for folder in folders()}}


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
