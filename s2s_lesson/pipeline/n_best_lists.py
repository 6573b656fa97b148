"""n_best_lists: what a teacher writes for many sources, kept in a file, so that nothing is decoded twice."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from tqdm.auto import tqdm

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.incoming import plain_texts
from s2s_lesson.data.prediction import Prediction
from s2s_lesson.data.whole_files import write_at_once

AT_ONCE = 1024  # sources that are decoded and written to the file before the next ones


class Teacher(Protocol):
    """What can teach: a ``TextToText``, what ``deployed.load`` gives, or whatever predicts as they do.

    >>> from s2s_lesson import TextToText
    >>> pairs = [("one", "1"), ("two", "2")]
    >>> teacher: Teacher = TextToText.from_pairs(pairs, encoder_units=2, decoder_units=3)
    >>> list(n_best_lists(teacher, ["two", "two"], n_best=2))
    ['two']
    """

    def predict(
        self, sources: Iterable[str], beam_size: int = 5, n_best: int = 1, *, truncate: bool = False
    ) -> list[Prediction]:
        """As ``TextToText.predict``."""


class Hypothesis(NamedTuple):
    """An output and its log-probability, in nats.

    >>> Hypothesis("1", -0.25).text
    '1'
    """

    text: str
    log_probability: float


@checked
def n_best_lists(
    teacher: Teacher,
    sources: Iterable[str],
    n_best: PositiveInt = 5,
    *,
    beam_size: PositiveInt | None = None,
    path: str | Path | None = None,
    made_by: dict[str, str] | None = None,
    progress: bool = False,
) -> dict[str, list[Hypothesis]]:
    """Let a teacher write its likeliest outputs, once for each different source.

    Args:
        teacher: ``Teacher``.
        sources: list of str. Those that are too long for the teacher are cut.
        n_best: int. Outputs for each source; fewer where fewer are possible.
        beam_size: int or None. None means 5, or ``n_best`` where that is more.
        path: str, Path or None. A file of JSON Lines, to which every 1,024 sources are added as they are
            decoded. What it holds already is not decoded again.
        made_by: dict of str or None. What tells this teacher from others; it stands in the file's first line.
        progress: bool. Show a progress bar.

    Returns:
        dict of lists of ``Hypothesis``, best first, by source.

    Raises:
        ValueError: the file is of another teacher, or of other options.
    """
    beam_size = max(5, n_best) if beam_size is None else beam_size
    file = None if path is None else Path(path)
    about = {"n_best": n_best, "beam_size": beam_size, **(made_by or {})}
    lists = {} if file is None else _begun(file, about)
    asked = dict.fromkeys(plain_texts(sources))
    left = [source for source in asked if source not in lists]
    hidden = None if progress else True  # None: shown in a terminal or notebook, not in a log file
    with tqdm(total=len(asked), initial=len(asked) - len(left), desc="teacher", disable=hidden) as bar:
        for start in range(0, len(left), AT_ONCE):
            part = left[start : start + AT_ONCE]
            predictions = teacher.predict(part, beam_size, n_best, truncate=True)
            read = {
                source: [Hypothesis(one.text, one.log_probability) for one in (best, *best.alternatives)]
                for source, best in zip(part, predictions, strict=True)
            }
            if file is not None:
                _add(file, read)
            lists |= read
            bar.update(len(part))
    return {source: lists[source] for source in asked}


def _begun(path, about) -> dict[str, list[Hypothesis]]:
    """What a file holds; a new one where there is none. A line that was not written to its end goes."""
    if not path.exists():
        write_at_once(path, lambda part: part.write_text(_line(about), encoding="utf-8"))
        return {}
    whole, end, unfinished = path.read_bytes().rpartition(b"\n")
    if unfinished:
        with open(path, "rb+") as opened:
            opened.truncate(len(whole) + len(end))
    first, *lines = map(json.loads, whole.splitlines())
    if first != about:
        raise ValueError(
            f"Expected outputs of {about} in {path}; it holds those of {first}. Choose another file or "
            "folder, or remove it."
        )
    return {line["source"]: [Hypothesis(*pair) for pair in line["hypotheses"]] for line in lines}


def _add(path: Path, lists: dict[str, list[Hypothesis]]) -> None:
    lines = [_line({"source": source, "hypotheses": hypotheses}) for source, hypotheses in lists.items()]
    with open(path, "a", encoding="utf-8", newline="") as opened:
        opened.write("".join(lines))


def _line(value) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
