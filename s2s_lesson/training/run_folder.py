"""What the folder of a run holds, and how it is made."""

from pathlib import Path

from s2s_lesson.data.description import expect_file

SMALL_MODEL = "weights.npz"  # in place of BEST_MODEL, with weights of 16 bits
BEST_MODEL = "model.keras"  # of the epochs that are kept: the best on the development split, or the last
BEGUN = "begun.json"  # what the run was begun with, and which run it is
CHECKPOINT = "checkpoint.npz"  # of the last step that was saved
MODELS = (BEST_MODEL, SMALL_MODEL)
EPOCHS = "epochs"  # a folder: weights of each epoch that is averaged
HISTORY = "history.json"  # figures of each epoch, and which one was kept then
LOG = "log.csv"  # figures every so many steps
TENSORBOARD = "tensorboard"
SETTINGS = "run.toml"  # all that a run of the command line was made with
LOCK = ".lock"
RUN = "run.json"  # what stood there before
RUN_ID = "run"  # within the model's file: of which run it is
DISTILLATION = "distillation.json"  # of a student's run: what it was distilled with
N_BEST = "n_best.jsonl"  # of a student's run: what its teacher wrote


def model_file(folder: str | Path) -> Path:
    """The file of the model in a folder.

    Args:
        folder: str or Path.

    Returns:
        Path: ``BEST_MODEL``, or ``SMALL_MODEL`` where that alone is there.

    Raises:
        FileNotFoundError: there is neither.
    """
    best, small = Path(folder) / BEST_MODEL, Path(folder) / SMALL_MODEL
    if small.exists() and not best.exists():
        return small
    expect_file(best)
    return best


def writable_folder(folder: str | Path) -> Path:
    """Make a folder and make sure, before any work is done, that files can be written to it.

    Args:
        folder: str or Path.

    Returns:
        Path.

    Raises:
        OSError: it cannot be made or written to.
    """
    folder = Path(folder)
    probe = folder / ".probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"Expected a folder that can be written to; received {folder} ({error.strerror or error}). "
            "Choose another one."
        ) from error
    return folder


def holds_run(folder: str | Path) -> bool:
    """Whether a folder holds a run that ``resume=True`` goes on with: one that was begun.

    Args:
        folder: str or Path.

    >>> holds_run("no such folder")
    False
    """
    return (Path(folder) / BEGUN).exists()
