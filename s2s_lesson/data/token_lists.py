"""TokenLists: the tokens of many texts, made by several processes where it takes long, and kept compactly."""

import contextlib
import itertools
import time
from collections.abc import Iterator, Sequence

import numpy as np

from s2s_lesson import _extras
from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import tokenizer
from s2s_lesson.data.vocabulary import Vocabulary

AT_ONCE = 4096  # texts in one piece of work
IDLE = 5  # seconds until other processes without work end: a process of multiprocessing waits for them
WORTH_PROCESSES = 10.0  # seconds of work that is left: others need three to begin, and import what they use


class TokenLists:
    """The tokens of many texts, as numbers of the distinct tokens.

    Args:
        tokens: list of str, distinct.
        lists: ``IdLists``, one list for each text; number i is ``tokens[i]``.

    >>> lists = TokenLists.of(["b a", "", "a"], Preparation("whitespace"))
    >>> lists.tokens, list(map(lists.row, range(3))), lists.counts()
    (['b', 'a'], [['b', 'a'], [], ['a']], {'b': 1, 'a': 2})
    >>> [ids.tolist() for ids in lists.encoded(Vocabulary(["a"]))]
    [[1, 4, 3], [3], [4, 3]]
    """

    def __init__(self, tokens: Sequence[str], lists: IdLists):
        self.tokens, self.lists = tokens, lists

    @classmethod
    def of(cls, texts: Sequence[str], preparation: Preparation, progress: bool = False) -> "TokenLists":
        """Split texts. How many processes do it changes nothing but the time.

        Args:
            texts: list of str.
            preparation: ``Preparation``.
            progress: bool. Show a progress bar in a terminal or notebook, where it takes more than a second.

        Returns:
            ``TokenLists``.
        """
        pieces = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
        numbers: dict[str, int] = {}
        ids, lengths = [np.empty(0, "int32")], [np.empty(0, "int32")]
        for tokens, piece_ids, piece_lengths in _shown(_all_split(pieces, preparation), len(texts), progress):
            places = [numbers.setdefault(token, len(numbers)) for token in tokens]
            ids.append(np.array(places, "int32")[piece_ids])
            lengths.append(piece_lengths)
        return cls(list(numbers), IdLists(np.concatenate(ids), np.concatenate(lengths)))

    def __len__(self) -> int:
        return len(self.lists)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text: int32 (texts,)."""
        return self.lists.lengths

    def row(self, row: int) -> list[str]:
        """The tokens of a text: list of str."""
        return [self.tokens[number] for number in self.lists[row]]

    def chosen(self, rows: np.ndarray) -> "TokenLists":
        """Choose some texts: bool (texts,); True = chosen."""
        return TokenLists(self.tokens, self.lists.chosen(rows))

    def counts(self) -> dict[str, int]:
        """How often each token stands in the texts."""
        counts = np.bincount(self.lists.ids, minlength=len(self.tokens)).tolist()
        return dict(zip(self.tokens, counts, strict=True))

    def encoded(self, vocab: Vocabulary) -> IdLists:
        """Turn each text into the ids that ``vocab.encode`` gives, the end token's last.

        Args:
            vocab: ``Vocabulary``.

        Returns:
            ``IdLists``.
        """
        table = np.array(vocab.encode(self.tokens, add_eos=False), "int32")
        lists = IdLists(np.full(len(self.lists.ids) + len(self), vocab.eos_id, "int32"), self.lengths + 1)
        lists.ids[~lists.are_last()] = table[self.lists.ids]
        return lists


def _all_split(pieces, preparation):
    """Split all pieces, in order: here, or by other processes as well once much is known to be left."""
    started, done = time.perf_counter(), 0
    for done, piece in enumerate(pieces, 1):
        yield _split(piece, preparation)
        took = time.perf_counter() - started
        if done > 1 and took / done * (len(pieces) - done) > WORTH_PROCESSES:  # the first warms up
            break
    yield from _by_processes(pieces[done:], preparation)


def _by_processes(pieces, preparation):
    """Split pieces by a process for each core; here, where there are no such processes."""
    if pieces and isinstance(preparation.tokens, str):  # a Subwords has threads of its own
        with contextlib.suppress(ModuleNotFoundError):
            from joblib import Parallel, delayed

            parallel = Parallel(
                n_jobs=-1, return_as="generator", pre_dispatch="2*n_jobs", idle_worker_timeout=IDLE
            )
            return parallel(delayed(_split)(piece, preparation) for piece in pieces)
    return (_split(piece, preparation) for piece in pieces)


def _split(texts, preparation):
    """The distinct tokens of some texts; the tokens as numbers of these, int32; how many each text has."""
    texts = map(preparation.text, texts)
    if isinstance(preparation.tokens, Subwords):
        token_lists = preparation.tokens.tokenize_all(list(texts))
    else:
        token_lists = list(map(tokenizer(preparation.tokens), texts))
    tokens = list(itertools.chain.from_iterable(token_lists))
    numbers = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    ids = np.fromiter(map(numbers.__getitem__, tokens), "int32", len(tokens))
    return list(numbers), ids, np.fromiter(map(len, token_lists), "int32", len(token_lists))


def _shown(pieces: Iterator, count: int, progress: bool) -> Iterator:
    """Go through pieces of work, with a bar that counts texts."""
    if not progress:
        yield from pieces
        return
    with _extras.named():
        from tqdm.auto import tqdm

    with tqdm(total=count, desc="tokenising", unit="text", disable=None, delay=1, leave=False) as bar:
        for piece in pieces:
            bar.update(len(piece[-1]))
            yield piece
