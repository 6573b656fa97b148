"""Write the pages of the API reference, book/api/, anew: a page for each module of the package.

python scripts/api.py

The pages hold headings and names alone; Sphinx fills in signatures and docstrings when the book is built.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE, PAGES = ROOT / "s2s_lesson", ROOT / "book" / "api"
GROUPS = {
    "Text and data": ("text", "subwords", "vocab", "corpora", "batching", "masks"),
    "The network": (
        "recurrence",
        "encoder",
        "attention",
        "decoder",
        "self_attention",
        "copying",
        "pointer",
        "config",
        "model",
    ),
    "Training": (
        "losses",
        "metrics",
        "schedules",
        "histories",
        "optimizers",
        "strategies",
        "training",
        "run",
        "run_log",
    ),
    "Search": ("search", "reranking"),
    "Text in, text out": ("pipeline", "prediction", "evaluation", "presets", "storage", "chat"),
    "Exercises and quizzes": ("exercises",),
    "Pictures, and what lies below": ("plotting", "views", "fonts", "engine"),
}
INDEX = """\
# API reference

Every public function and class of `s2s_lesson`, module by module, in the order in which data flows through
them. The text comes from the docstrings. [Notation and shapes](../appendix-notation.md) explains the names of
the arrays.

`s2s_lesson.pretrained` loads a model that comes with the package: [s2s_lesson](s2s_lesson.md#pretrained). The
command line, `python -m s2s_lesson`, explains itself with `--help`.
"""


def modules():
    """The dotted name of each public module below the package, and its file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if not any(part.startswith("_") for part in name.split(".")):
            found[name] = path
    return found


def defined(path):
    """The public functions and classes that a file defines, in its order."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = {ast.FunctionDef: "function", ast.ClassDef: "class"}
    return {
        node.name: kinds[type(node)] for node in body if type(node) in kinds and not node.name.startswith("_")
    }


def exported(path):
    """The functions and classes that a package lists in ``__all__``, with the file that defines each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    listed = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
    ]
    names = ast.literal_eval(listed[0]) if listed else []
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level]
    files = {alias.name: path.parent / f"{node.module}.py" for node in imports for alias in node.names}
    return {name: files[name] for name in names if name in files}


def contents():
    """What each page documents: for each module its names and their kinds, each where one imports it from."""
    found, elsewhere = {}, set()
    for name, path in modules().items():
        found[name] = defined(path)
        if path.name == "__init__.py":
            for exported_name, file in exported(path).items():
                kinds = defined(file)
                if exported_name in kinds:
                    found[name][exported_name] = kinds[exported_name]
                    elsewhere.add((file, exported_name))
    for name, path in modules().items():
        found[name] = {key: kind for key, kind in found[name].items() if (path, key) not in elsewhere}
    return {name: names for name, names in found.items() if names}


def page(module, names):
    """The Markdown of a module's page."""
    path = f"s2s_lesson.{module}" if module else "s2s_lesson"
    parts = [f"# {path}", directive("automodule", path, "no-members")]
    for name, kind in names.items():
        parts += [f"## {name}", directive(f"auto{kind}", f"{path}.{name}", "members" * (kind == "class"))]
    return "\n\n".join(parts) + "\n"


def directive(kind, name, option):
    options = f"\n   :{option}:" if option else ""
    return f"```{{eval-rst}}\n.. {kind}:: {name}{options}\n```"


def file_name(module):
    return f"{module or 's2s_lesson'}.md"


def index(pages):
    """The overview: a table for each group, with the first line of each module's docstring."""
    paths, parts = modules(), [INDEX]
    for title, members in GROUPS.items():
        rows = ["| module | what it holds |", "|---|---|"]
        for name in [name for member in members for name in pages if name.split(".")[0] == member]:
            first = ast.get_docstring(ast.parse(paths[name].read_text(encoding="utf-8"))).partition("\n")[0]
            rows.append(f"| [`{name}`]({file_name(name)}) | {first.replace('``', '`')} |")
        parts.append(f"## {title}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def pages():
    """The text of every page of the reference by its file name."""
    found = contents()
    texts = {file_name(module): page(module, names) for module, names in found.items()}
    return {"index.md": index(found), **texts}


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
