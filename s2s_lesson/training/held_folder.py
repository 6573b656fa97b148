"""HeldFolder: the folder of a run, held by one training at a time."""

import json
import uuid
import warnings
from pathlib import Path

import filelock
import keras

from s2s_lesson.data.expected import checked, expect
from s2s_lesson.data.whole_files import enclosed, readable, sweep, write_at_once
from s2s_lesson.models.stored import write_model
from s2s_lesson.training.begun import Told, differences, fingerprint
from s2s_lesson.training.distribution import alone
from s2s_lesson.training.run_folder import (
    BEGUN,
    BEST_MODEL,
    CHECKPOINT,
    LOCK,
    MODELS,
    RUN_ID,
    writable_folder,
)


class HeldFolder:
    """The folder of a run, for one training at a time: a context in which no other can write to it.

    One that holds a run, or a model, is for resuming alone. Who holds it may enter it again.

    Args:
        path: str or Path.
        resume: bool. Go on with the run that is there.

    Raises:
        FileExistsError: there is a run or a model, and ``resume`` is false.
        FileNotFoundError: there is no run, and ``resume`` is true.
        OSError: the folder cannot be written to, or another training holds it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, HeldFolder(folder) as held:
    ...     held.begin({"seed": 0})
    ...     [path.name for path in held.path.iterdir() if path.name != LOCK]
    ['begun.json']
    """

    writes = True

    @checked
    def __init__(self, path: str | Path, resume: bool = False):
        self.path, self.resume = Path(path), resume
        self.run = uuid.uuid4().hex  # in each file of the run, so that those of two are not mixed
        self.enclosed: dict[str, bytes] = {}  # files that belong to the model
        self._lock: filelock.BaseFileLock | None = None
        self._entered = 0

    def __fspath__(self) -> str:
        return str(self.path)

    def __enter__(self):
        self._entered += 1
        if self._entered == 1:
            writable_folder(self.path)
            self._hold()
            try:
                self._expect_free()
            except BaseException:
                self.__exit__()
                raise
            sweep(self.path)
        return self

    def __exit__(self, *raised):
        self._entered -= 1
        if self._entered == 0 and self._lock is not None:
            self._lock.release()

    def begin(self, told: Told) -> None:
        """Write down what the run begins with; or make sure that one that goes on goes on with the same.

        Args:
            told: as ``begun_with`` gives it.

        Raises:
            ValueError: it is not the same, and nothing was changed; or a file is damaged, or of another run.
        """
        told = {**told, **{name: fingerprint(content) for name, content in self.enclosed.items()}}
        path = self.path / BEGUN
        if not self.resume:
            text = json.dumps({"run": self.run, "begun": told}, indent=1, default=repr) + "\n"
            write_at_once(path, lambda part: part.write_text(text, encoding="utf-8"))
            return
        with readable(path, "what a run was begun with", "Train anew, in another folder."):
            before = json.loads(path.read_text(encoding="utf-8"))
            self.run, begun = str(before["run"]), dict(before["begun"])
        if others := differences(begun, json.loads(json.dumps(told, default=repr))):
            raise ValueError(
                f"Expected what the run in {self.path} was begun with; received {others}. "
                "Resume with the same, or choose another folder."
            )
        if (self.path / BEST_MODEL).exists():
            self.expect_own(BEST_MODEL, enclosed(self.path / BEST_MODEL).get(RUN_ID, b"").decode("ascii"))

    def expect_own(self, file: str, run: str) -> None:
        """Raise an error where a file in the folder says that it is of another run.

        Args:
            file: str, its name.
            run: str, which run it says that it is of.

        Raises:
            ValueError: it is of another one.
        """
        if run != self.run:
            raise ValueError(
                f"Expected {file} of the run in {self.path}; received that of another "
                f"one, {run or 'unknown'} in place of {self.run}. Put the right file back, or train anew in "
                "another folder."
            )

    def write_model(self, model: keras.Model) -> None:
        """Write a model together with the files that belong to it."""
        with alone():
            write_model(model, self.path / BEST_MODEL, {RUN_ID: self.run.encode("ascii"), **self.enclosed})

    def _hold(self):
        """Lock the folder; some network drives know no locks."""
        self._lock = filelock.FileLock(self.path / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            self._entered -= 1
            raise OSError(
                f"Expected a folder that no other training writes to; received {self.path}, which another "
                "one holds. Wait until it has ended, or choose another folder."
            ) from None
        except NotImplementedError:
            warnings.warn(
                f"{self.path} is on a drive without locks: see to it that no two trainings write to it.",
                stacklevel=4,
            )

    def _expect_free(self):
        there = [name for name in (BEGUN, CHECKPOINT, *MODELS) if (self.path / name).exists()]
        if self.resume and BEGUN not in there:
            raise FileNotFoundError(
                f"Expected a run to go on with in {self.path}; there is none. "
                "Begin one without resume=True (on the command line without --resume)."
            )
        if there and not self.resume:
            go_on = BEGUN in there
            raise FileExistsError(
                f"Expected a folder without a run or a model; {self.path} holds {there[0]}, of an earlier "
                f"{'run' if go_on else 'model'}. Choose another folder"
                + (", or go on with that run (resume=True, on the command line --resume)." if go_on else ".")
            )


class FollowedFolder(HeldFolder):
    """The folder of a run that another process holds and writes: this one trains along, and reads alone.

    >>> FollowedFolder("run").writes
    False
    """

    writes = False

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass

    def begin(self, told: Told) -> None:
        """Make sure that a run that goes on goes on with the same."""
        if self.resume:
            super().begin(told)

    def write_model(self, model: keras.Model) -> None:
        """Do nothing."""


def held_folder(folder: "str | Path | HeldFolder", resume: bool, follows: bool = False) -> HeldFolder:
    """The folder of a run, to be entered, where it is not one already.

    Args:
        folder: str, Path or ``HeldFolder``, which knows by itself whether a run goes on.
        resume: bool.
        follows: bool. Another process holds it, and writes.

    Raises:
        ValueError: a run is to go on in a folder that is held for a new one.
    """
    if not isinstance(folder, HeldFolder):
        return (FollowedFolder if follows else HeldFolder)(folder, resume)
    expect("resume", resume, folder.resume or not resume, "False with a folder that is held for a new run")
    return folder
