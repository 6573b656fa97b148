"""Files of pairs for tests, and what is read from them."""

import json

from s2s_lesson.corpora.files import Layout, read_pairs

PAIRS = [("der Hund", "the dog"), ("die Katze", "the cat"), ("das Haus", "the house")]


def written(folder, data, name="pairs.txt"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def read(folder, data, name="pairs.txt", **layout):
    """What a file gives, which is the same when it is read again as it was found out to be."""
    path = written(folder, data, name)
    result = read_pairs(path, layout=Layout(**layout))
    again = read_pairs(path, layout=result.layout)
    assert (again.pairs, again.malformed, again.layout) == (result.pairs, result.malformed, result.layout)
    assert result.rows == len(result.pairs) + result.malformed
    return result


def table(delimiter, header=(), pairs=PAIRS):
    return "".join(delimiter.join(cells) + "\n" for cells in [*([header] if header else []), *pairs])


def reasons(result):
    return [(row, reason) for _, row, reason in result.examples]


def json_lines(*values):
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
