"""What comes in: lists, generators, arrays, columns and tables -> plain lists of texts, each of them checked.

Nothing is imported for it: a table of pandas or Polars is known by its methods, and so is a ``Dataset`` of
Hugging Face's ``datasets``.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

Item = TypeVar("Item")
_NO_LISTS = (str, bytes, bytearray, Mapping, set, frozenset)


def plain_list(values: Iterable[Item], name: str = "values") -> list[Item]:
    """Put whatever holds values in an order into a list.

    Args:
        values: list, tuple, generator, NumPy array, column of pandas or Polars, or a table of one column
            (of pandas, Polars, or Hugging Face's ``datasets``).
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
        raise TypeError(
            f"Expected a list of {name}; received {_no_list(values)}. Put what there is in a list."
        )
    columns = _columns(values)
    if columns is not None:
        if len(columns) != 1:
            raise ValueError(
                f"Expected a list of {name}, or one column; received a table of {_named(columns)}. "
                f"Choose one: {'select_columns([name])' if _is_dataset(values) else 'table[name]'}."
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
            columns, source and target. Or a ``Dataset`` of Hugging Face's ``datasets``, also one that
            streams, with two such columns, or with one of translations between two languages, of which the
            first is the source.
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
    if columns is not None and _is_dataset(pairs) and len(columns) == 1:
        rows = _translations(pairs, columns, name)
    elif columns is not None:
        if len(columns) != 2:
            how = "select_columns([source, target])" if _is_dataset(pairs) else "table[[source, target]]"
            raise ValueError(
                f"Expected {name} in two columns, source and target; received {_named(columns)}. "
                f"Choose two, in this order: {how}."
            )
        rows = _rows(pairs)
    else:
        rows = plain_list(pairs, name)
    return [_pair(row, place, name) for place, row in enumerate(rows)]


def _pair(row, place, name):
    if isinstance(row, tuple) and len(row) == 2 and _is_plain(row[0]) and _is_plain(row[1]):
        return row  # the usual case, quickly
    where = f"row {place} of {name}"
    if isinstance(row, _NO_LISTS) or not hasattr(row, "__len__") or not hasattr(row, "__iter__"):
        raise TypeError(f"Expected a source and a target in {where}; received {_shown(row)}. {_remedy(row)}")
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


def _is_plain(value):
    return type(value) is str and value.isascii()


def _is_missing(value):
    """Whether a cell of a table is empty: None, NaN, or what pandas has for them."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return hasattr(value, "is_integer") and value != value  # only NaN differs from itself


def _shown(value):
    shown = repr(value)
    shown = shown if len(shown) < 60 else shown[:60] + "..."
    return f"{shown}, a missing value" if _is_missing(value) else f"{type(value).__name__} {shown}"


def _no_list(values):
    if isinstance(values, str):
        return "one string. Write [text]"
    if isinstance(values, Mapping) and hasattr(values, "column_names"):  # a DatasetDict
        first = next(iter(values), "train")
        return f"the splits {', '.join(map(str, values))}. Choose one, such as datasets[{first!r}]"
    return type(values).__name__


def _remedy(row):
    """How rows become pairs, if they are records."""
    if not isinstance(row, Mapping) or len(row) < 2:
        return "Write (source, target)."
    source, target = list(row)[:2]
    return f"Choose two fields: [(row[{source!r}], row[{target!r}]) for row in rows]."


def _is_dataset(values):
    """Whether it is a ``Dataset`` or an ``IterableDataset``: it has columns, and goes through rows."""
    return hasattr(values, "column_names") and hasattr(values, "select_columns")


def _columns(values):
    """The names of a table's columns; None where it is no table of pandas, Polars or ``datasets``."""
    if isinstance(values, Mapping):
        return None
    if _is_dataset(values):  # one that streams may not know its columns before its first row
        return list(values.column_names or next(iter(values), ()))
    if (hasattr(values, "itertuples") or hasattr(values, "iter_rows")) and hasattr(values, "columns"):
        return list(map(str, values.columns))
    return None


def _rows(table):
    """The rows of a table."""
    if _is_dataset(table):
        columns = _columns(table)
        return [tuple(row[column] for column in columns) for row in table]
    return list(
        table.itertuples(index=False, name=None) if hasattr(table, "itertuples") else table.iter_rows()
    )


def _translations(dataset, columns, name):
    """Pairs of a column that holds a dict of two languages in each row."""
    values = [value for (value,) in _rows(dataset)]
    languages = list(values[0]) if values and isinstance(values[0], Mapping) else []
    if values and len(languages) != 2:
        raise ValueError(
            f"Expected {name} in two columns, or translations between two languages; received the column "
            f"{columns[0]!r} with {_shown(values[0])}. Choose two with select_columns([source, target])."
        )
    return [
        tuple(value.get(language) for language in languages) if isinstance(value, Mapping) else value
        for value in values
    ]


def _named(columns):
    return f"{len(columns)} columns: {', '.join(columns[:7])}{', ...' if len(columns) > 7 else ''}"
