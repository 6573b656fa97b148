"""What settings say to go on from: a trained run, what it brings along, and what it must not be asked for."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from s2s_lesson.corpora import CorpusUnavailable
from s2s_lesson.corpora.files.unpacking import STANDARD_INPUT
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.whole_files import sha256_of
from s2s_lesson.pipeline.corpus_choice import corpus_of
from s2s_lesson.pipeline.setting_tables import FromOptions, options_in
from s2s_lesson.pipeline.settings import Settings, read_run
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training.run_folder import model_file

INHERITED = ("context", "backward")  # of [run]: how the model's sources and targets are made of what is read


@dataclass(frozen=True)
class Origin:
    """A trained run that another one goes on from.

    Attributes:
        folder: str, absolute.
        pipeline: ``TextToText``, trained.
        settings: dict of dicts, those of that run; empty for a run from Python.
        sha256: str, of its model, in hexadecimal digits.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     TextToText.from_pairs([("a", "b")], encoder_units=2, decoder_units=2).save(folder)
    ...     origin = origin_of({"from": {"run": folder}})
    >>> origin.told()["model"]["encoder_units"], origin.inherited()
    (2, {'run': {}})
    """

    folder: str
    pipeline: TextToText
    settings: Settings
    sha256: str

    def told(self) -> Settings:
        """The tables "from", "texts" and "model" as they are."""
        _, _, texts = self.pipeline.description()
        for side in ("source_tokens", "target_tokens"):
            if isinstance(texts[side], Subwords):
                texts[side] = texts[side].kind
        texts["shared_vocab"] = self.pipeline.source_vocab == self.pipeline.target_vocab
        model = asdict(self.pipeline.model.config)
        return {
            "from": {"run": self.folder, "sha256": self.sha256},
            "texts": texts,
            "model": {name: value for name, value in model.items() if name in options_in("model")},
        }

    def inherited(self) -> Settings:
        """What holds for the new pairs as well, where nothing else is said."""
        run = self.settings.get("run", {})
        return {"run": {name: run[name] for name in INHERITED if name in run}}

    def expect_agreement(self, settings: Settings) -> None:
        """Raise an error where settings ask for another model, or for texts that are prepared otherwise.

        Args:
            settings: dict of dicts.

        Raises:
            ValueError: they do, or they name a preset.
        """
        preset = settings.get("run", {}).get("preset")
        if preset is not None:
            raise ValueError(
                f"Expected no preset where training goes on from {self.folder}, whose sizes and tokens hold; "
                f"received {preset!r}. Leave it out."
            )
        told = self.told()
        others = [
            f"{table}.{name} = {value!r} in place of {told[table].get(name)!r}"
            for table in ("texts", "model")
            for name, value in settings.get(table, {}).items()
            if name not in told[table] or told[table][name] != value
        ]
        if others:
            raise ValueError(
                f"Expected the [texts] and [model] of {self.folder}, from which training goes on; received "
                f"others: {', '.join(others)}. Leave them out, or train anew without from.run (--from). New "
                "words are limited by from.min_count and from.max_vocab_size."
            )

    def old_dev(self, say: Callable[[str], object]) -> list[tuple[str, str]] | None:
        """Read the development pairs of that run.

        Args:
            say: function of a str, which hears why where they cannot be read.

        Returns:
            list of pairs, or None.
        """
        try:
            return self._dev()
        except (CorpusUnavailable, ImportError, OSError, ValueError) as error:
            say(f"The old development pairs cannot be read, and are not scored: {error}")
            return None

    def _dev(self):
        if not self.settings:
            raise ValueError(f"nothing in {self.folder} says what was learned from.")
        if STANDARD_INPUT in self.settings.get("data", {}).get("files", ()):
            raise ValueError("they came from the standard input.")
        corpus, _ = corpus_of(self.settings)
        if not corpus.splits.get("dev"):
            raise ValueError("there are none.")
        return corpus.splits["dev"]


def origin_of(settings: Settings) -> Origin | None:
    """Read the trained run that settings go on from.

    Args:
        settings: dict of dicts.

    Returns:
        ``Origin``, or None where they begin with an untrained model.

    Raises:
        FileNotFoundError: the folder holds no trained pipeline.
        ValueError: it holds another model than that of ``sha256``; settings ask for another one than it
            holds; or there are options of [from] without a run.
    """
    given = settings.get("from", {})
    options = FromOptions(**{name: given[name] for name in ("run", "sha256", "old_dev") if name in given})
    if options.run is None:
        if given:
            raise ValueError(
                f"Expected from.run, the folder to go on from, with {', '.join(given)}; received none. Set "
                "it, on the command line by --from."
            )
        return None
    folder = Path(os.path.abspath(options.run))
    pipeline = TextToText.load(folder)
    sha256 = sha256_of(model_file(folder))
    if options.sha256 not in (None, sha256):
        raise ValueError(
            f"Expected the model with the SHA-256 {options.sha256} in {folder}; it now has {sha256}. "
            "Take from.sha256 out of the settings to go on from this one all the same."
        )
    origin = Origin(str(folder), pipeline, read_run(folder), sha256)
    origin.expect_agreement(settings)
    return origin
