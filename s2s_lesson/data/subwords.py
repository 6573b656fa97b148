"""Subwords: pieces of words, learned from texts, so that few words are unknown.

Sources: Sennrich et al. 2016, byte-pair encoding, arXiv:1508.07909; Kudo 2018, the unigram model,
arXiv:1804.10959; Kudo and Richardson 2018, the library sentencepiece, arXiv:1808.06226.
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from s2s_lesson import _extras
from s2s_lesson.data.expected import Range, checked
from s2s_lesson.data.incoming import plain_texts

Kind: TypeAlias = Literal["bpe", "unigram"]
KINDS = get_args(Kind)
_BLANK = "▁"  # U+2581, which begins the first piece of a word


class Subwords:
    """A tokenizer whose tokens are pieces of words; the library sentencepiece is imported when one is made.

    A piece never holds a blank: "▁" stands where a word begins. A "▁" in a text counts as a blank.

    Args:
        model: bytes. A model of sentencepiece.
        kind: "bpe" or "unigram".

    Raises:
        ValueError: the kind is unknown, or the bytes are no such model.

    >>> from s2s_lesson.data import Subwords
    >>> subwords = Subwords.train(["low lower lowest"] * 3, vocab_size=15)
    >>> "".join(subwords.tokenize("slower"))
    '▁slower'
    >>> subwords.detokenize(subwords.tokenize("the lowest")) == "the lowest"
    True
    """

    @checked
    def __init__(self, model: bytes, kind: Kind):
        with _extras.named():
            from sentencepiece import SentencePieceProcessor

        self.model, self.kind = model, kind
        try:
            self._processor = SentencePieceProcessor(model_proto=model or b"nothing")
        except RuntimeError as error:
            raise ValueError(
                f"Expected a model of sentencepiece; received something else ({error}). Train it again."
            ) from error

    @classmethod
    @checked
    def train(
        cls, texts: Iterable[str], vocab_size: Annotated[int, Range(1, 1_000_000)], kind: Kind = "bpe"
    ) -> "Subwords":
        """Learn pieces from texts: the same ones, in the same order, every time.

        Every character of the texts is a piece. "bpe" joins, again and again, the commonest two neighbours
        within words. "unigram" begins with many pieces, and drops those without which the texts are hardly
        less likely.

        Args:
            texts: list of str, or what else ``data.plain_texts`` takes.
            vocab_size: int, up to a million. Pieces, at most; there are fewer where the texts do not give so
                many.
            kind: "bpe" or "unigram".

        Returns:
            A ``Subwords``.

        Raises:
            TypeError: the texts are no list of strings.
            ValueError: the kind is unknown, all texts are blank, or they have more different characters than
                ``vocab_size``.
        """
        with _extras.named():
            from sentencepiece import SentencePieceTrainer

        texts = [cleaned for text in plain_texts(texts) if (cleaned := _clean(text))]
        characters = set().union(*texts) - {" "} | {_BLANK}
        if not texts:
            raise ValueError(
                "Expected texts to learn subwords from; received none that is not blank."
                " Give the texts of the training split."
            )
        if len(characters) > vocab_size:
            raise ValueError(
                f"Expected a vocab_size of at least {len(characters)}, the different characters of the texts "
                f"and '{_BLANK}'; received {vocab_size}. Raise it, on the command line --max-vocab-size, "
                "which counts the 4 special tokens as well; or clean the texts."
            )
        model = io.BytesIO()
        SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            model_type=kind,
            vocab_size=vocab_size + 1,  # with its own unknown
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            max_sentence_length=10 + max(len(text.encode("utf-8")) for text in texts),  # bytes; all are read
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            num_threads=1,  # so that sums are always made in one order
            minloglevel=2,
        )
        return cls(model.getvalue(), kind)

    @property
    def pieces(self) -> list[str]:
        """All pieces, in the order of sentencepiece's ids: list of str."""
        return [self._processor.id_to_piece(index) for index in range(1, self._processor.piece_size())]

    def tokenize(self, text: str) -> list[str]:
        """Split a text into pieces; characters that no piece holds are tokens as they stand.

        Args:
            text: str.

        Returns:
            list of str; a blank text has none.
        """
        return self._processor.encode(_clean(text), out_type=str)

    def tokenize_all(self, texts: Sequence[str]) -> list[list[str]]:
        """Split texts as ``tokenize`` splits one, by several threads.

        Args:
            texts: list of str.

        Returns:
            list of lists of str.
        """
        return self._processor.encode(list(map(_clean, texts)), out_type=str, num_threads=-1)

    def detokenize(self, tokens: Sequence[str]) -> str:
        """Put pieces together again: the text, with single blanks between its words and none around it.

        Args:
            tokens: sequence of str.

        Returns:
            str.
        """
        return " ".join("".join(tokens).replace(_BLANK, " ").split())

    def save(self, path: str | Path) -> None:
        """Write the model, which other programs that use sentencepiece can read.

        Args:
            path: str or Path.
        """
        Path(path).write_bytes(self.model)

    @classmethod
    @checked
    def load(cls, path: str | Path, kind: Kind) -> "Subwords":
        """Read a model that ``save`` wrote.

        Args:
            path: str or Path.
            kind: "bpe" or "unigram".

        Raises:
            ValueError: as in the class.
        """
        return cls(Path(path).read_bytes(), kind)

    def __eq__(self, other):
        return isinstance(other, Subwords) and (self.model, self.kind) == (other.model, other.kind)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self):
        return f"Subwords({self.kind}, {len(self.pieces)} pieces)"


def _clean(text):
    """Make blanks single; half a character, which cannot be written as UTF-8, becomes "?"."""
    return " ".join(text.replace(_BLANK, " ").split()).encode("utf-8", "replace").decode("utf-8")
