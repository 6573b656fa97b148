"""Names that a package defines and imports only once they are used, as PEP 562 has it."""

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from s2s_lesson import _extras


def lazy_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make what a package needs to offer the names in the stub beside it, ``__init__.pyi``.

    The stub says ``from package.module import name as name``. Type checkers read it, too.

    Args:
        package: the package's ``__name__``.
        file: its ``__file__``.

    Returns:
        The package's ``__getattr__``, ``__dir__`` and ``__all__``.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    home_of = {alias.name: str(node.module) for node in imports for alias in node.names}

    def look_up(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with _extras.named():
            value = getattr(importlib.import_module(home_of[name]), name)
        setattr(sys.modules[package], name, value)  # from now on it is an attribute like any other
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return look_up, names, sorted(home_of)
