"""What a folder holds beside the model: the vocabularies and options that turn text into ids and back."""

import json
from dataclasses import asdict
from pathlib import Path

from s2s_lesson.data.sides import Options
from s2s_lesson.data.subwords import KINDS, Subwords
from s2s_lesson.data.vectors import Standardisation
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.data.whole_files import write_at_once

DESCRIPTION = "pipeline.json"  # tokenizers and other options
SOURCE_VOCAB = "source_vocab.json"
TARGET_VOCAB = "target_vocab.json"
SUBWORDS = {"source_tokens": "source_subwords.model", "target_tokens": "target_subwords.model"}
FORMAT = 1


def write_description(
    folder: Path, source_vocab: Vocabulary | None, target_vocab: Vocabulary, options: Options
) -> None:
    """Write the vocabularies, subwords and options.

    Args:
        folder: Path.
        source_vocab: ``Vocabulary``, or None where sources are vectors.
        target_vocab: ``Vocabulary``.
        options: dict that JSON can hold, but that "source_tokens" and "target_tokens" may be ``Subwords``.
            Where sources are vectors, "standardisation" is their ``Standardisation``.
    """
    options = dict(options)
    for side, name in SUBWORDS.items():
        if isinstance(options.get(side), Subwords):
            options[side].save(folder / name)
            options[side] = options[side].kind
    if source_vocab is None:
        options["standardisation"] = asdict(options["standardisation"])
    else:
        source_vocab.save(folder / SOURCE_VOCAB)
    text = json.dumps({"format": FORMAT, **options}, indent=1) + "\n"
    target_vocab.save(folder / TARGET_VOCAB)
    write_at_once(folder / DESCRIPTION, lambda path: path.write_text(text, encoding="utf-8"))


def read_description(folder: str | Path) -> tuple[Vocabulary | None, Vocabulary, Options]:
    """Read what ``write_description`` wrote.

    Args:
        folder: str or Path.

    Returns:
        source_vocab: ``Vocabulary``, or None where sources are vectors.
        target_vocab: ``Vocabulary``.
        options: dict.

    Raises:
        FileNotFoundError: the folder holds no description, or not all that it mentions.
        ValueError: the folder was written in another format.
    """
    folder = Path(folder)
    for name in (DESCRIPTION, TARGET_VOCAB):
        expect_file(folder / name)
    try:
        options = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"Expected JSON in {folder / DESCRIPTION}; received something else.") from error
    if options.pop("format", None) != FORMAT:
        raise ValueError(
            f"Expected a run folder of format {FORMAT}; {folder / DESCRIPTION} is of another. "
            "Use the version of s2s_lesson that wrote it, or train again."
        )
    options = {"normalisation": False, **options}  # a folder that does not mention it was learned without
    for side, name in SUBWORDS.items():
        if options.get(side) in KINDS:
            expect_file(folder / name)
            options[side] = Subwords.load(folder / name, options[side])
    return _source_vocab(folder, options), Vocabulary.load(folder / TARGET_VOCAB), options


def expect_file(path: Path) -> None:
    """Raise an error where a file of a run's folder is missing.

    Args:
        path: Path.

    Raises:
        FileNotFoundError: there is none.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"Expected {path.name} in the folder {path.parent}; there is none. "
            "Train first: s2s-lesson train --help."
        )


def _source_vocab(folder, options):
    """The vocabulary of sources that are texts; else None, and the standardisation among the options."""
    if "standardisation" not in options:
        expect_file(folder / SOURCE_VOCAB)
        return Vocabulary.load(folder / SOURCE_VOCAB)
    figures = options["standardisation"]
    try:
        mean, scale = ([float(figure) for figure in figures[name]] for name in ("mean", "scale"))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"Expected a mean and a scale of each feature in {folder / DESCRIPTION}; received {figures!r}."
        ) from error
    options["standardisation"] = Standardisation(tuple(mean), tuple(scale))
    return None
