"""The small trained models that come with the package, and what each card says."""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from s2s_lesson.data.whole_files import write_at_once

WEIGHTS = Path(str(files("s2s_lesson") / "weights"))
CARD = "card.json"


@dataclass(frozen=True)
class Card:
    """What is to be known of a model before one uses it.

    Attributes:
        name: for ``pretrained``.
        corpus: for ``corpora.load``.
        about: what it reads and writes.
        data: what it was trained on.
        licence: of that data.
        attribution: whom its licence asks to name.
        parameters: int, count of the weights.
        bytes: int, of its folder without this card.
        scores: dict of dicts: for each split, figures of ``evaluate`` by name, with a beam of 5.
        command: what trains it again, in a clone of the repository.
        date: of the training, year-month-day.
        epochs: int, of the training.
        training_seconds: float, by the clock, on one core.

    >>> cards()["pronunciations"].licence
    'BSD 2-Clause'
    """

    name: str
    corpus: str
    about: str
    data: str
    licence: str
    attribution: str
    parameters: int
    bytes: int
    scores: dict[str, dict[str, float]]
    command: str
    date: str
    epochs: int
    training_seconds: float

    def report(self) -> str:
        """The card as lines of text."""
        scores = [
            f"{split}: "
            + ", ".join(f"{name.replace('_', ' ')} {figure:,.4g}" for name, figure in figures.items())
            for split, figures in self.scores.items()
        ]
        rows = {
            "data": f"{self.data} ({self.licence}; {self.attribution})",
            "size": f"{self.parameters:,} weights, {self.bytes / 1e6:.1f} MB",
            "scores": f"\n{'':11}".join(scores),
            "trained": f"{self.date}, {self.epochs} epochs, {self.training_seconds:,.0f} s: {self.command}",
        }
        lines = [f"  {name + ':':9}{row}" for name, row in rows.items()]
        return "\n".join([f"{self.name}: {self.about}", *lines])


def cards() -> dict[str, Card]:
    """The cards of all models that come with the package, by name."""
    return read_cards(WEIGHTS)


def read_cards(folder: Path) -> dict[str, Card]:
    """The cards of all models in a folder that has one folder for each."""
    paths = sorted(folder.glob(f"*/{CARD}"))
    return {path.parent.name: Card(**json.loads(path.read_text(encoding="utf-8"))) for path in paths}


def write_card(card: Card, folder: Path) -> None:
    """Write a card into the folder of its model."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n"
    write_at_once(folder / CARD, lambda path: path.write_text(text, encoding="utf-8"))


def shipped_folder(name: str) -> Path:
    """The folder of a model that comes with the package.

    Args:
        name: str, one of ``cards()``.

    Returns:
        Path.

    Raises:
        ValueError: there is no such model.
    """
    if name not in (known := cards()):
        raise ValueError(
            f"Expected a model among {', '.join(known)}; received {name!r}. Choose one of these."
        )
    return WEIGHTS / name
