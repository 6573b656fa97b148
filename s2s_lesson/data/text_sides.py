"""TextSides: what turns texts into the ids that a model reads, and ids that it writes into texts."""

from collections.abc import Iterable, Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.incoming import plain_texts
from s2s_lesson.data.padding import pad
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.sides import Options, Sides
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.vocabulary import Vocabulary


class TextSides(Sides[str]):
    """Normalisation, cleaning, tokenizers and vocabularies of both sides, and the lengths that are accepted.

    Args:
        source_vocab: a ``Vocabulary``.
        target_vocab: a ``Vocabulary``.
        source_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``.
        target_tokens: likewise.
        normalisation: bool. Whether sources and targets go through ``data.text.normalise`` first, those to
            learn from and those to write from. ``TextToText.from_pairs`` turns it on; a folder that does not
            mention it was learned without.
        cleaning: options for ``data.text.clean``, used on sources and targets; None cleans nothing.
        max_source_length: int. The longest source to accept, in tokens.
        max_output_length: int. The longest target to train on and to write, in tokens.
        copies: bool. Whether words of the source that the target vocabulary does not know get ids.

    Raises:
        ValueError: a tokenizer is unknown.

    >>> vocab, tokens = Vocabulary("abc"), "characters"
    >>> sides = TextSides(vocab, vocab, source_tokens=tokens, target_tokens=tokens)
    >>> sides.source_inputs([sides.source_side("cab"), sides.source_side(" b ")])["source_ids"].tolist()
    [[6, 4, 5, 3], [5, 3, 0, 0]]
    """

    source_vocab: Vocabulary

    @checked
    def __init__(
        self,
        source_vocab: Vocabulary,
        target_vocab: Vocabulary,
        *,
        source_tokens: TokenizerName | Subwords,
        target_tokens: TokenizerName | Subwords,
        normalisation: bool = False,
        cleaning: dict[str, bool] | None = None,
        max_source_length: PositiveInt = 100,
        max_output_length: PositiveInt = 100,
        copies: bool = False,
    ):
        super().__init__(
            target_vocab, target_tokens, normalisation, cleaning, max_source_length, max_output_length
        )
        self.source_vocab, self.source_tokens, self.copies = source_vocab, source_tokens, copies
        self.prepare_source = Preparation(source_tokens, normalisation, cleaning, strip=True)

    def source_side(self, text: str) -> list[str]:
        """The tokens of a source text; a blank text has none."""
        return self.prepare_source(text)

    def plain_sources(self, sources: Iterable[str]) -> list[str]:
        """As ``data.plain_texts``."""
        return plain_texts(sources)

    def source_words(self, side: list[str]) -> list[str]:
        """The tokens themselves."""
        return side

    def source_inputs(self, sides: Sequence[list[str]]) -> dict[str, np.ndarray]:
        """The ids of tokens and, where words are copied, what each stands for."""
        inputs = {"source_ids": pad([self.source_vocab.encode(tokens) for tokens in sides])}
        if self.copies:
            inputs["copy_ids"] = pad(
                [ExtendedVocabulary(self.target_vocab, tokens).copy_ids() for tokens in sides]
            )
        return inputs

    def description(self) -> tuple[Vocabulary, Vocabulary, Options]:
        """All that a folder has to hold beside the model: source and target vocabulary, and options."""
        tokens = {"source_tokens": self.source_tokens, "target_tokens": self.target_tokens}
        names = ("normalisation", "cleaning", "max_source_length", "max_output_length")
        options = {name: getattr(self, name) for name in names}
        return self.source_vocab, self.target_vocab, {**tokens, **options}
