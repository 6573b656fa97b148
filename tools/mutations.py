"""Break the package in small ways, one at a time, and see whether the fast tests notice.

    python tools/mutations.py [--seed 0] [--count 20] [--list]

Each mutation is drawn from another module: an operator, a comparison or a constant is changed, or a line is
deleted. The fast tests run on a copy of the working tree, those of the module first, and stop at the first
failure. What no test notices is listed at the end, and in _build/mutations.json; some of it has no effect.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / "_build" / "mutations"
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
STATEMENTS = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass
class Mutation:
    """A place in a module, and what stands there instead."""

    module: str
    line: int
    start: int
    """Offset in the module's bytes."""
    end: int
    before: str
    after: str
    noticed_by: str | None = None

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one thing changed, in each way there is."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        yield _with(node, ops=[OPERATORS[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, STATEMENTS) and not _is_docstring(node):
        yield ast.Pass()


def _with(node: ast.AST, **fields) -> ast.AST:
    return type(node)(**{name: getattr(node, name) for name in node._fields} | fields)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def annotations_and_texts(tree: ast.AST) -> Iterator[ast.AST]:
    """Annotations, and formatted strings, whose parts have no place of their own in Python 3.11."""
    for node in ast.walk(tree):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                yield part
        if isinstance(node, ast.JoinedStr):
            yield node


def mutations(path: Path, root: Path = ROOT) -> list[Mutation]:
    """All mutations of a module; annotations, imports and texts are left alone."""
    source = path.read_bytes()
    offsets = [0]
    for line in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    tree = ast.parse(source)
    left_alone = {id(part) for whole in annotations_and_texts(tree) for part in ast.walk(whole)}
    made = []
    for node in ast.walk(tree):
        if id(node) in left_alone or not hasattr(node, "end_col_offset"):
            continue
        start = offsets[node.lineno - 1] + node.col_offset
        end = offsets[node.end_lineno - 1] + node.end_col_offset
        for other in changed(node):
            after = ast.unparse(ast.fix_missing_locations(other))
            after = after if isinstance(other, ast.Pass) else f"({after})"
            name = path.relative_to(root).as_posix()
            made.append(Mutation(name, node.lineno, start, end, source[start:end].decode(), after))
    return made


def draw(seed: int, count: int, root: Path = ROOT) -> list[Mutation]:
    """Mutations of so many different modules, drawn from all of the package."""
    generator = random.Random(seed)
    modules = sorted((root / "s2s_lesson").rglob("*.py"))
    generator.shuffle(modules)
    drawn = [generator.choice(possible) for module in modules if (possible := mutations(module, root))]
    return drawn[:count]


def copy_of_the_tree() -> None:
    """Copy what git tracks, or would track, into TREE, which is a repository of its own."""
    shutil.rmtree(TREE, ignore_errors=True)
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)
    subprocess.run(["git", "init", "--quiet"], cwd=TREE, check=True)
    subprocess.run(["git", "add", "--all"], cwd=TREE, check=True)
    if (ROOT / "views" / "node_modules").exists():
        (TREE / "views" / "node_modules").symlink_to(ROOT / "views" / "node_modules")


def first_failure(*what: str) -> str | None:
    """Run fast tests on the copy: the first that fails, or None."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", *what]
    ran = subprocess.run(
        command,
        cwd=TREE,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(TREE)},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if ran.returncode in (0, 5):  # all passed, or no test was asked for
        return None
    named = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return named[0] if named else f"exit code {ran.returncode}"


def notice(mutation: Mutation) -> str | None:
    """The first test that fails under a mutation, or None."""
    path = TREE / mutation.module
    source = path.read_bytes()
    path.write_bytes(mutation.apply(source))
    try:
        names = {path.stem.strip("_"), path.parent.name}  # of the module, and of its folder
        own = [str(file) for name in names for file in TREE.glob(f"tests/**/test_{name}.py")]
        return (own and first_failure(*own)) or first_failure("-n", "logical", "--dist", "loadfile", "tests")
    finally:
        path.write_bytes(source)


def main() -> None:
    """Draw, try, and say what was noticed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--list", action="store_true", help="only list what would be tried")
    options = parser.parse_args()
    drawn = draw(options.seed, options.count)
    if not options.list:
        copy_of_the_tree()
        if failure := first_failure("-n", "logical", "--dist", "loadfile", "tests"):
            sys.exit(f"Expected the fast tests to pass before anything is broken; received: {failure}")
    for mutation in drawn:
        print(f"{mutation.module}:{mutation.line}: {mutation.before!r} -> {mutation.after!r}", flush=True)
        if not options.list:
            mutation.noticed_by = notice(mutation)
            print(f"    {mutation.noticed_by or 'no test noticed'}", flush=True)
    if options.list:
        return
    noticed = [mutation for mutation in drawn if mutation.noticed_by]
    print(f"{len(noticed)} of {len(drawn)} mutations were noticed (seed {options.seed}). Not noticed:")
    for mutation in drawn:
        if mutation not in noticed:
            print(f"  {mutation.module}:{mutation.line}: {mutation.before!r} -> {mutation.after!r}")
    report = ROOT / "_build" / "mutations.json"
    report.write_text(json.dumps([asdict(one) for one in drawn], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
