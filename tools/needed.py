"""Which cells of a notebook a piece of code needs: those that make its names, and what these use in turn.

The cells are read, not run. A call such as ``model.fit(...)`` counts as a change of the model; a change that
hides in a function is not seen.
"""

import ast
import builtins
from dataclasses import dataclass, field

# Methods that change what they are called on, wherever the call stands; any other, as a statement of its own.
CHANGING = {"append", "apply", "assign", "build", "compile", "extend", "fit", "set_weights", "update"}
ALWAYS_THERE = {"get_ipython", *dir(builtins)}


@dataclass
class Code:
    """What a piece of code makes for sure, may change, imports, and needs from before."""

    source: str
    makes: set = field(default_factory=set)
    changes: set = field(default_factory=set)
    imports: set = field(default_factory=set)
    needs: set = field(default_factory=set)
    bound: set = field(default_factory=set)  # by now, for sure or not
    later: set = field(default_factory=set)  # what functions read once they are called

    def __post_init__(self):
        for statement in ast.parse(without_magics(self.source)).body:
            self._read(statement)
        self.needs |= self.later - self.bound
        self.needs -= ALWAYS_THERE

    def _read(self, node, surely=True):
        """One statement, in the order in which Python runs it."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            self.imports |= names
            self.makes |= names
            self.bound |= names
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.later |= from_outside(node)
            self.makes.add(node.name)
            self.bound.add(node.name)
        elif isinstance(node, ast.If | ast.While):
            self._use(node.test)
            self._inside([*node.body, *node.orelse])
        elif isinstance(node, ast.For):
            self._use(node.iter)
            self._bind([node.target], surely=False)
            self._inside([*node.body, *node.orelse])
        elif isinstance(node, ast.With):
            self._use(*(item.context_expr for item in node.items))
            self._bind([item.optional_vars for item in node.items if item.optional_vars])
            self._inside(node.body, surely)
        elif isinstance(node, ast.Try):
            self.bound |= {handler.name for handler in node.handlers}
            caught = [statement for handler in node.handlers for statement in handler.body]
            self._inside([*node.body, *caught, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.Assign):
            self._use(node.value)
            self._bind(node.targets, surely)
        elif isinstance(node, ast.AnnAssign):
            self._use(*filter(None, [node.value]))
            self._bind([node.target], surely)
        elif isinstance(node, ast.AugAssign):
            self._use(node.value)
            self.needs |= {root(node.target)} - self.bound
            self.changes.add(root(node.target))
        else:
            self._use(node)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self.changes |= owner(node.value)

    def _inside(self, statements, surely=False):
        for statement in statements:
            self._read(statement, surely)

    def _bind(self, targets, surely=True):
        for part in (part for target in targets for part in ast.walk(target)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                (self.makes if surely else self.changes).add(part.id)
                self.bound.add(part.id)
            elif isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
                self.changes.add(root(part))
                self._use(part)

    def _use(self, *nodes):
        for node in nodes:
            self.needs |= from_outside(node) - self.bound
            self._bind(part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
            for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
                if getattr(call.func, "attr", "") in CHANGING:
                    self.changes |= owner(call)


def without_magics(source: str) -> str:
    """The source with `pass` in place of IPython's own lines."""
    lines = source.splitlines()
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip().startswith(("%", "!")) else line
        for line in lines
    )


def root(node) -> str | None:
    """The name that an expression begins with: `model` of `model.layers[0].units`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def owner(call) -> set[str]:
    """The name whose method is called, if it is one."""
    return {root(call.func)} - {None} if isinstance(call.func, ast.Attribute) else set()


def from_outside(node) -> set[str]:
    """The names that an expression, a function or a class reads and does not bind itself."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    bound = {part.id for part in names if isinstance(part.ctx, ast.Store)}
    bound |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    bound |= {part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef)}
    return {part.id for part in names if isinstance(part.ctx, ast.Load)} - bound


def needed(wanted: set[str], cells: list[Code]) -> tuple[set[int], set[str]]:
    """The places of the cells that make some names, and the names that none makes.

    Args:
        wanted: names.
        cells: what may be taken, in the order of the notebook.
    """
    imported = set().union(*(cell.imports for cell in cells))
    wanted, places = wanted - ALWAYS_THERE, set()
    for place in range(len(cells) - 1, -1, -1):
        cell = cells[place]
        if wanted & (cell.makes | (cell.changes - imported)):
            places.add(place)
            wanted = (wanted - cell.makes) | cell.needs
    return places, wanted.difference(*(cells[place].bound for place in places))
