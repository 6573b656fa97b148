"""What there is beside the weights of a model: the vocabularies and options that turn text into ids and back.

An export holds it as files in its folder; a model's own file encloses the same files.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from s2s_lesson.data.sides import Options
from s2s_lesson.data.subwords import KINDS, Subwords
from s2s_lesson.data.vectors import Standardisation
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.data.whole_files import readable

DESCRIPTION = "pipeline.json"  # tokenizers and other options
SOURCE_VOCAB = "source_vocab.json"
TARGET_VOCAB = "target_vocab.json"
SUBWORDS = {"source_tokens": "source_subwords.model", "target_tokens": "target_subwords.model"}
DESCRIPTION_FILES = (DESCRIPTION, SOURCE_VOCAB, TARGET_VOCAB, *SUBWORDS.values())
FORMAT = 1
REMEDY = "Take it anew from where it came, or train again."


def description_files(
    source_vocab: Vocabulary | None, target_vocab: Vocabulary, options: Options
) -> dict[str, bytes]:
    """The vocabularies, subwords and options as files.

    Args:
        source_vocab: ``Vocabulary``, or None where sources are vectors.
        target_vocab: ``Vocabulary``.
        options: dict that JSON can hold, but that "source_tokens" and "target_tokens" may be ``Subwords``.
            Where sources are vectors, "standardisation" is their ``Standardisation``.

    Returns:
        dict of names and contents.
    """
    files, options = {TARGET_VOCAB: target_vocab.to_json()}, dict(options)
    for side, name in SUBWORDS.items():
        if isinstance(options.get(side), Subwords):
            files[name], options[side] = options[side].model, options[side].kind
    if source_vocab is None:
        options["standardisation"] = asdict(options["standardisation"])
    else:
        files[SOURCE_VOCAB] = source_vocab.to_json()
    files[DESCRIPTION] = (json.dumps({"format": FORMAT, **options}, indent=1) + "\n").encode("utf-8")
    return files


def write_description(
    folder: Path, source_vocab: Vocabulary | None, target_vocab: Vocabulary, options: Options
) -> None:
    """Write the files into a folder.

    Args:
        folder: Path.
        source_vocab, target_vocab, options: as of ``description_files``.
    """
    for name, content in description_files(source_vocab, target_vocab, options).items():
        (folder / name).write_bytes(content)


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
        ValueError: a file is damaged, or of another format.
    """
    folder = Path(folder)
    there = [name for name in DESCRIPTION_FILES if (folder / name).exists()]
    return described({name: (folder / name).read_bytes() for name in there}, folder)


def described(files: Mapping[str, bytes], where: str | Path) -> tuple[Vocabulary | None, Vocabulary, Options]:
    """Read what ``description_files`` gives.

    Args:
        files: dict of names and contents.
        where: str or Path, where they stand, for errors.

    Returns, Raises:
        As ``read_description``.
    """
    where = Path(where)

    def content(name):
        if name not in files:
            raise _missing(where / name)
        return files[name]

    with readable(where / DESCRIPTION, "the options of a pipeline", REMEDY):
        options = dict(json.loads(content(DESCRIPTION)))
        if options.pop("format", None) != FORMAT:
            raise ValueError(f"its format is not {FORMAT}; use the version of s2s_lesson that wrote it")
    options = {"normalisation": False, **options}  # a folder that does not mention it was learned without
    for side, name in SUBWORDS.items():
        if options.get(side) in KINDS:
            with readable(where / name, "subwords", REMEDY):
                options[side] = Subwords(content(name), options[side])
    target_vocab = Vocabulary.from_json(content(TARGET_VOCAB), where / TARGET_VOCAB)
    if "standardisation" not in options:
        return Vocabulary.from_json(content(SOURCE_VOCAB), where / SOURCE_VOCAB), target_vocab, options
    with readable(where / DESCRIPTION, "a mean and a scale of each feature", REMEDY):
        figures = options["standardisation"]
        mean, scale = (tuple(float(figure) for figure in figures[name]) for name in ("mean", "scale"))
        options["standardisation"] = Standardisation(mean, scale)
    return None, target_vocab, options


def expect_file(path: Path) -> None:
    """Raise an error where a file of a run's folder is missing.

    Args:
        path: Path.

    Raises:
        FileNotFoundError: there is none.
    """
    if not path.exists():
        raise _missing(path)


def _missing(path):
    return FileNotFoundError(
        f"Expected {path.name} in the folder {path.parent}; there is none. "
        "Train first: s2s-lesson train --help."
    )
