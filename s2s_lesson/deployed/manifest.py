"""The manifest of an exported model: what lies in its folder, how large it is, and what it was made from."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal, TypeAlias

from s2s_lesson.data.description import DESCRIPTION_FILES
from s2s_lesson.data.whole_files import sha256_of

Weights: TypeAlias = Literal["float32", "float16", "int8"]  # how they are stored; all is computed in float32

FORMAT = 1
MANIFEST, ENCODER, STEP = "manifest.json", "encoder.onnx", "step.onnx"

LARGEST_MANIFEST = 1 << 20  # bytes


@dataclass(frozen=True)
class Manifest:
    """What an export says of itself.

    Attributes:
        files: of each file, ``bytes`` and ``sha256``.
        weights: "float32", "float16" or "int8", how the weights are stored.
        config: the options of the model, a ``Seq2SeqConfig`` as a dict.
        agreement: how well the export agrees with the model, as it was measured when it was made.
        made_with: versions of the packages it was made with.
        name, licence, attribution: str or None, what its maker wrote.
        format: int.

    >>> Manifest({}, "float32", {}, {}, {}).licence is None
    True
    """

    files: dict[str, dict[str, int | str]]
    weights: Weights
    config: dict[str, object]
    agreement: dict[str, float]
    made_with: dict[str, str]
    name: str | None = None
    licence: str | None = None
    attribution: str | None = None
    format: int = field(default=FORMAT)

    def write(self, folder: Path) -> None:
        """Write it into the folder, last: without it the folder is no export."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_bytes(text.encode("utf-8"))


def files_of(folder: Path, names: Iterable[str]) -> dict[str, dict[str, int | str]]:
    """Size and checksum of files: what ``Manifest.files`` holds."""
    return {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)} for name in names
    }


def read_manifest(folder: str | Path, max_bytes: int) -> Manifest:
    """Read the manifest, and make sure of the files that it names before any of them is read.

    Args:
        folder: str or Path.
        max_bytes: int. The most that all files may take together.

    Returns:
        ``Manifest``.

    Raises:
        FileNotFoundError: the folder holds no manifest, or a file that it names is missing.
        ValueError: the manifest is of another format or is damaged, or a file is not the one that it names.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected {MANIFEST} in the folder {folder}; there is none. Export a trained model first: "
            "s2s-lesson export --help."
        )
    if path.stat().st_size > LARGEST_MANIFEST:
        raise _damaged(path, f"{path.stat().st_size:,} bytes, where {LARGEST_MANIFEST:,} are the most")
    try:
        content = json.loads(path.read_bytes().decode("utf-8"))
    except ValueError as error:
        raise _damaged(path, "something else") from error
    if not isinstance(content, dict):
        raise _damaged(path, "something else")
    if content.get("format") != FORMAT:
        raise ValueError(
            f"Expected an export of format {FORMAT}; {path} is of format {content.get('format')!r}. "
            "Export the model again with this version of s2s_lesson."
        )
    missing = {one.name for one in fields(Manifest)} ^ set(content)
    if missing:
        raise _damaged(path, f"one in which {', '.join(sorted(missing))} is missing or unknown")
    _check_files(folder, path, content["files"], max_bytes)
    return Manifest(**content)


def _check_files(folder, path, files, max_bytes):
    """Sizes first, then checksums; names are those of files in the folder itself."""
    read = {ENCODER, STEP, *(name for name in DESCRIPTION_FILES if (folder / name).exists())}
    files = files if isinstance(files, dict) else {}
    if not read <= set(files):
        raise _damaged(path, f"one that does not name {', '.join(sorted(read - set(files)))}")
    for name, expected in files.items():
        if Path(name).name != name or name in ("", ".", ".."):
            raise _damaged(path, f"the file name {name!r}")
        if not isinstance(expected, dict) or not isinstance(expected.get("bytes"), int):
            raise _damaged(path, f"{expected!r} for {name}")
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"Expected {name} in the folder {folder}, as its manifest says; there is none."
                " Export the model again."
            )
        size = (folder / name).stat().st_size
        if size != expected["bytes"]:
            raise ValueError(
                f"Expected {folder / name} of {expected['bytes']:,} bytes, as the manifest says; received "
                f"{size:,}. Copy the folder again."
            )
    total = sum(expected["bytes"] for expected in files.values())
    if total > max_bytes:
        raise ValueError(
            f"Expected files of at most {max_bytes:,} bytes in all; received {total:,}. "
            "Where you trust them, load them in Python with a greater max_bytes."
        )
    for name, expected in files.items():
        if sha256_of(folder / name) != expected.get("sha256"):
            raise ValueError(
                f"Expected {folder / name} as it was exported; its checksum is another one. "
                "It was changed or damaged: copy the folder again."
            )


def _damaged(path, received):
    return ValueError(
        f"Expected the manifest of an export in {path}; received {received}. Export the model again."
    )
