"""ExtendedVocabulary: a vocabulary with the words of a source that it does not know."""

from collections.abc import Sequence

from s2s_lesson.data.vocabulary import Vocabulary


class ExtendedVocabulary:
    """A target vocabulary together with the words of one source that it does not know.

    Id ``len(vocab) + s`` is the word whose first place in the source is position s, counted from 0.

    Args:
        vocab: ``Vocabulary``.
        source_tokens: list of str, without the end token.

    >>> from s2s_lesson.data import ExtendedVocabulary, Vocabulary
    >>> words = ExtendedVocabulary(Vocabulary(["hosts"]), ["ada", "visits", "bob"])
    >>> words.encode(["bob", "hosts", "ada"])
    [7, 4, 5, 3]
    >>> words.token(7)
    'bob'
    """

    def __init__(self, vocab: Vocabulary, source_tokens: Sequence[str]):
        self.vocab, self.source_tokens = vocab, source_tokens
        self._new_ids: dict[str, int] = {}
        known_ids = vocab.encode(source_tokens, add_eos=False)
        for position, (token, index) in enumerate(zip(source_tokens, known_ids, strict=True)):
            if index == vocab.unk_id:
                self._new_ids.setdefault(token, len(vocab) + position)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Turn tokens into ids that end with the end token's: int, as in ``Vocabulary.encode``."""
        unk_id = self.vocab.unk_id
        ids = self.vocab.encode(tokens)
        for place, token in enumerate(tokens):
            if ids[place] == unk_id:
                ids[place] = self._new_ids.get(token, unk_id)
        return ids

    def copy_ids(self) -> list[int]:
        """Tell which target id each source position stands for: list of int, the end token's last."""
        return self.encode(self.source_tokens)

    def token(self, index: int) -> str:
        """Look up the token of an id."""
        known = len(self.vocab)
        return self.vocab.tokens[index] if index < known else self.source_tokens[index - known]
