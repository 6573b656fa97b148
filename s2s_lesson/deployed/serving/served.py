"""What is served: the part of a deployed model that requests need."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from s2s_lesson.data.prediction import Prediction
from s2s_lesson.data.vocabulary import Vocabulary

TOLD = ("name", "version", "licence", "attribution")


class Served(Protocol):
    """What an exported model offers to requests, see ``s2s_lesson.deployed.load``.

    Attributes:
        manifest: dict, or an object with attributes. Its name, version, licence and attribution are told to
            those who ask.
        source_vocab: ``Vocabulary``; None where no texts are read, but arrays.
        max_source_length: int. The longest text that the model reads, in tokens.
        max_output_length: int. The longest output, in tokens, the end token included.

    >>> sorted(name for name in vars(Served) if not name.startswith("_"))
    ['predict', 'sample', 'source_side']
    """

    manifest: object
    source_vocab: Vocabulary | None
    max_source_length: int
    max_output_length: int

    def source_side(self, text: str) -> Sequence[str]:
        """The tokens that the model reads of a text."""

    def predict(
        self, texts: list[str], beam_size: int = 5, n_best: int = 1, **options: object
    ) -> list[Prediction]:
        """Write the likeliest outputs for each text."""

    def sample(self, texts: list[str], n_samples: int = 1, **options: object) -> list[Prediction]:
        """Draw outputs for each text.

        Among the options is ``seed``, an int, which stands for the seeds [seed, place] of all places; or a
        list of a seed for each text.
        """


def about(served: Served) -> dict[str, str]:
    """What the manifest tells of a model: its name, version, licence and attribution, as far as it does."""
    manifest = served.manifest
    told = manifest if isinstance(manifest, Mapping) else vars(manifest)
    return {name: str(told[name]) for name in TOLD if told.get(name) is not None}
