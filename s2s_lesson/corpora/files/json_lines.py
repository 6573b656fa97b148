"""JSON Lines: an object a line, with the texts in two of its fields, perhaps within another."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from s2s_lesson.corpora.files.layout import SIDES, Layout
from s2s_lesson.corpora.files.names import usual_pair
from s2s_lesson.corpora.files.rows import Content, Fault
from s2s_lesson.corpora.files.tables import HEAD

_KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def read_json_lines(lines: Iterator[str], layout: Layout, file: str, sides: int = 2) -> Content:
    """Find out which fields hold the texts, and read them.

    Args:
        lines: without their ends.
        layout: what is known.
        file: its name, for errors.
        sides: 2 for source and target, 1 for the source alone.

    Returns:
        The rows, one for each line that is not blank, and the layout with the fields.

    Raises:
        ValueError: no object has such fields, or which two they are is unsure.
    """
    rows = _objects(lines, layout.comment)
    first = list(islice(rows, HEAD))
    objects = [row for _, row in first if isinstance(row, dict)]
    if not objects:
        reason = f"{first[0][1]} in row {first[0][0]}" if first else "none"
        raise ValueError(
            f"Expected an object of JSON in each line of {file}; received {reason}. A list of objects "
            "becomes such lines with jq -c '.[]'; in Python, a table of pandas with to_json(path, "
            "lines=True, orient='records')."
        )
    asked = layout.columns[:sides]
    for side, column in zip(SIDES, asked, strict=False):
        if column is not None and all(_field(each, column) is _MISSING for each in objects):
            raise ValueError(
                f"Expected the field {column!r}, as {side}_column says, in {file}; received objects with "
                f"{_listed(objects)}. Pass one of these."
            )
    fields = _chosen(objects, layout, file, sides) if None in asked else list(map(str, asked))
    layout = replace(layout, format="jsonl").with_columns(fields, header=False)
    return Content(layout, _texts(chain(first, rows), fields), _listed(objects))


def looks_like_json(line: str) -> bool:
    """Whether a line is an object of JSON."""
    return line.lstrip().startswith("{") and isinstance(_object(line), dict)


_MISSING = object()


def _objects(lines, comment):
    for number, line in enumerate(lines, 1):
        if line.strip() and not (comment and line.startswith(comment)):
            yield number, _object(line)


def _object(line):
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Fault(f"no JSON ({error})")
    return value if isinstance(value, dict) else Fault(f"{_shown(value)} instead of an object")


def _field(value, name):
    """What stands in a field; its name may hold dots, or lead from object to object."""
    if name in value:
        return value[name]
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _text_fields(objects, prefix=""):
    """The fields that hold strings, with dots into objects within objects, in their order."""
    names = {}
    for value in objects:
        for name, inner in value.items():
            if isinstance(inner, str):
                names[prefix + name] = None
            elif isinstance(inner, dict):
                names.update(dict.fromkeys(_text_fields([inner], f"{prefix}{name}.")))
    return list(names)


def _chosen(objects, layout, file, sides):
    """Source and target: usual names; else the only two fields of texts."""
    names = _text_fields(objects)
    asked = list(layout.columns)
    places = usual_pair([name.rpartition(".")[2] for name in names])
    pair = [names[place] for place in places] if places else names
    if sides == 1 and len(names) == 1:
        return names
    free = [name for name in (pair if len(pair) == 2 else names) if name not in asked]
    if len(free) == asked.count(None):
        return [column or free.pop(0) for column in asked][:sides]
    raise ValueError(
        f"Expected two fields of texts in the objects of {file}, or usual names such as source and target; "
        f"received {_listed(objects)}. Pass source_column and target_column."
    )


def _listed(objects):
    every = _text_fields(objects)
    return f"the fields of texts {', '.join(map(repr, every[:20]))}" if every else "no fields of texts"


def _texts(rows, fields):
    for number, row in rows:
        if isinstance(row, Fault):
            yield number, row
            continue
        texts = tuple([_field(row, field) for field in fields])
        faults = (_fault(text, field) for text, field in zip(texts, fields, strict=True))
        yield number, next((fault for fault in faults if fault), texts)


def _fault(value, field):
    if value is _MISSING:
        return Fault(f"no field {field!r}")
    if not isinstance(value, str):
        return Fault(f"{_shown(value)} in the field {field!r}, where a string should be")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return Fault(f"half a character in the field {field!r}")
    return None


def _shown(value):
    shown = "null" if value is None else json.dumps(value, ensure_ascii=False)
    kind = _KINDS.get(type(value), "a string" if isinstance(value, str) else "")
    return f"{kind}, {shown[:40]}{'...' * (len(shown) > 40)}," if kind else shown
