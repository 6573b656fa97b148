"""What comes in: lists, generators, arrays, columns and tables -> plain lists of texts, each of them checked.

Nothing is imported for it: a table of pandas or Polars is known by its methods.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

Item = TypeVar("Item")
_NO_LISTS = (str, bytes, bytearray, Mapping, set, frozenset)


def plain_list(values: Iterable[Item], name: str = "values") -> list[Item]:
    """Put whatever holds values in an order into a list.

    Args:
        values: list, tuple, generator, NumPy array, column of pandas or Polars, or a table of one column.
        name: str. What they are, for errors.

    Returns:
        list, in the order of the values, whatever index a column has.

    Raises:
        TypeError: it is one string, has no order, or holds nothing to go through.
        ValueError: it is a table of other than one column.

    >>> plain_list(zip("ab", "cd"))
    [('a', 'c'), ('b', 'd')]
    """
    if isinstance(values, _NO_LISTS) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        received = "one string. Write [text]" if isinstance(values, str) else type(values).__name__
        raise TypeError(f"Expected a list of {name}; received {received}.")
    columns = _columns(values)
    if columns is not None:
        if len(columns) != 1:
            raise ValueError(
                f"Expected a list of {name}, or one column; received a table of {_named(columns)}. "
                "Choose one: table[name]."
            )
        return [value for (value,) in _rows(values)]
    return list(values)


def plain_texts(texts: Iterable[str], name: str = "texts") -> list[str]:
    """Put texts into a list, and make sure that each is a string that can be written to a file.

    Args:
        texts: as ``plain_list`` takes them.
        name: str. What they are, for errors.

    Returns:
        list of str.

    Raises:
        TypeError: as ``plain_list``; or a row holds something else than a string.
        ValueError: as ``plain_list``; or a row holds half a character.

    >>> plain_texts(text.strip() for text in (" one", "two "))
    ['one', 'two']
    """
    values = plain_list(texts, name)
    return [_text(value, f"row {row} of {name}") for row, value in enumerate(values)]


def plain_pairs(pairs: Iterable[tuple[str, str]], name: str = "pairs") -> list[tuple[str, str]]:
    """Put pairs of texts into a list, and make sure that each is two strings that can be written to a file.

    Args:
        pairs: list, tuple, generator, ``zip`` or array of pairs, or a table of pandas or Polars with two
            columns, source and target.
        name: str. What they are, for errors.

    Returns:
        list of (source, target).

    Raises:
        TypeError: it is no such thing; or a row is no pair, or one of its sides no string.
        ValueError: a table has other than two columns, a row has other than two sides, or one holds half a
            character.

    >>> plain_pairs(zip(["one", "two"], ["1", "2"]))
    [('one', '1'), ('two', '2')]
    """
    columns = _columns(pairs)
    if columns is not None:
        if len(columns) != 2:
            raise ValueError(
                f"Expected {name} in two columns, source and target; received {_named(columns)}. "
                "Choose two, in this order: table[[source, target]]."
            )
        rows = _rows(pairs)
    else:
        rows = plain_list(pairs, name)
    return [_pair(row, place, name) for place, row in enumerate(rows)]


def _pair(row, place, name):
    where = f"row {place} of {name}"
    if isinstance(row, _NO_LISTS) or not hasattr(row, "__len__") or not hasattr(row, "__iter__"):
        raise TypeError(f"Expected a source and a target in {where}; received {_shown(row)}.")
    if len(row) != 2:
        raise ValueError(
            f"Expected a source and a target in {where}; received {len(row)} items: "
            f"{', '.join(_shown(value) for value in list(row)[:5])}. "
            "Two lists make pairs with zip(sources, targets)."
        )
    source, target = row
    return _text(source, f"the source of {where}"), _text(target, f"the target of {where}")


def _text(value, where):
    if not isinstance(value, str):
        raise TypeError(
            f"Expected a string as {where} (rows count from 0); received {_shown(value)}. "
            + ("Leave such rows out, or fill them." if _is_missing(value) else "Make it a string.")
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"Expected whole characters in {where} (rows count from 0); received half of one, "
            f"{value[error.start]!a} at place {error.start}, which no file can hold. Read the text again "
            'with its own encoding, or drop that: text.encode("utf-8", "ignore").decode("utf-8").'
        ) from None
    return str(value)  # NumPy has strings of its own


def _is_missing(value):
    """Whether a cell of a table is empty: None, NaN, or what pandas has for them."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return hasattr(value, "is_integer") and value != value  # only NaN differs from itself


def _shown(value):
    shown = repr(value)
    shown = shown if len(shown) < 60 else shown[:60] + "..."
    return f"{shown}, a missing value" if _is_missing(value) else f"{type(value).__name__} {shown}"


def _columns(values):
    """The names of a table's columns; None where it is no table of pandas or Polars."""
    if (hasattr(values, "itertuples") or hasattr(values, "iter_rows")) and hasattr(values, "columns"):
        return list(map(str, values.columns))
    return None


def _rows(table):
    """The rows of a table of pandas or Polars."""
    return list(
        table.itertuples(index=False, name=None) if hasattr(table, "itertuples") else table.iter_rows()
    )


def _named(columns):
    return f"{len(columns)} columns: {', '.join(columns[:7])}{', ...' if len(columns) > 7 else ''}"
