"""A look at pairs before training: lengths, characters, what tokenizers make of them, examples."""

import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2s_lesson.corpora._corpus import Corpus
from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.text import TokenizerName, normalise
from s2s_lesson.data.token_lists import TokenLists

LOOKED_AT: tuple[TokenizerName, ...] = ("characters", "words")
WITHOUT_BLANKS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
LONG = 99  # the percentile that is called long
RARE = 0.005  # share of letters below which a script is not named


@dataclass(frozen=True)
class TokenFigures:
    """What a tokenizer makes of one side of the pairs.

    Attributes:
        tokens: name of the tokenizer.
        different: int, tokens of the training pairs, each counted once.
        unknown: float from 0 to 1, share of the development pairs' tokens that no training pair has.
        mean: float, tokens of a text.
        long: int, tokens of the longest text but for one in a hundred.
        longest: int.

    >>> token_figures(["ab", "ba", "b"], ["abc"], "characters")
    TokenFigures(tokens='characters', different=2, unknown=0.3333333333333333, mean=1.6666666666666667, \
long=2, longest=2)
    """

    tokens: TokenizerName
    different: int
    unknown: float
    mean: float
    long: int
    longest: int


@dataclass(frozen=True)
class Side:
    """What one side of the pairs holds.

    Attributes:
        different: int, texts, each counted once.
        blank: int, texts without a character.
        scripts: dict of the commonest scripts, such as "LATIN", and their shares of the letters, from 0 to 1.
        tokens: dict of ``TokenFigures`` by tokenizer.
        examples: list of str, evenly spread over the pairs.

    >>> from s2s_lesson.corpora import load
    >>> side = inspect_corpus(load("dates", train_size=97, dev_size=13, test_size=7)).target
    >>> side.tokens["characters"].longest
    10
    """

    different: int
    blank: int
    scripts: dict[str, float]
    tokens: dict[TokenizerName, TokenFigures]
    examples: list[str]

    @property
    def without_blanks(self) -> bool:
        """Whether most letters are of scripts that put no blanks between words."""
        return sum(self.scripts.get(script, 0.0) for script in WITHOUT_BLANKS) > 0.5


@dataclass(frozen=True)
class Inspection:
    """What pairs hold, as seen before training.

    Attributes:
        counts: dict of the pairs in each split.
        looked_at: int, training pairs that the figures are of.
        source, target: ``Side``.
        notes: dict of counts, those of the corpus.

    >>> from s2s_lesson.corpora import load
    >>> looked = inspect_corpus(load("reverse"))
    >>> looked.counts["train"] == looked.looked_at
    True
    """

    counts: dict[str, int]
    looked_at: int
    source: Side
    target: Side
    notes: dict[str, int]

    def report(self) -> str:
        """Say it in lines for people."""
        counts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        lines = [f"pairs      {counts}"]
        lines += [
            f"note       {name.replace('_', ' ')}: {count:,}" for name, count in self.notes.items() if count
        ]
        if self.looked_at < self.counts["train"]:
            lines.append(f"figures of {self.looked_at:,} training pairs, evenly spread")
        for name, side in (("source", self.source), ("target", self.target)):
            scripts = ", ".join(
                f"{script.capitalize()} {share:.0%}" for script, share in side.scripts.items()
            )
            lines.append(f"\n{name}s    {side.different:,} different; letters: {scripts or 'none'}")
            if side.blank:
                lines.append(f"           {side.blank:,} are blank")
            lines.append("           tokens        different  unknown    mean    long  longest")
            for figures in side.tokens.values():
                lines.append(
                    f"           {figures.tokens:12}{figures.different:11,}{figures.unknown:9.1%}"
                    f"{figures.mean:8.1f}{figures.long:8}{figures.longest:9}"
                )
        lines.append("\nexamples")
        for source, target in zip(self.source.examples, self.target.examples, strict=True):
            lines.append(f"           {_short(source)}  ->  {_short(target)}")
        return "\n".join(lines)


@checked
def inspect_corpus(corpus: Corpus, most: PositiveInt = 50_000) -> Inspection:
    """Look at the pairs of a corpus.

    "Unknown" is measured as it will be in use: on development pairs, against what training pairs hold.

    Args:
        corpus: ``Corpus``.
        most: int. Of more training pairs so many are looked at, evenly spread; then fewer tokens are known
            here than will be in training.

    Returns:
        ``Inspection``.

    Raises:
        ValueError: there is no training pair.
    """
    if not corpus.train:
        raise ValueError(
            f"Expected training pairs in {corpus.name}; received none. Add pairs, or a larger share."
        )
    train = _spread(corpus.train, most)
    dev = _spread(corpus.dev, most)
    source, target = (
        inspect_side([pair[side] for pair in train], [pair[side] for pair in dev]) for side in (0, 1)
    )
    counts = {name: len(pairs) for name, pairs in corpus.splits.items()}
    return Inspection(counts, len(train), source, target, corpus.notes)


def inspect_side(train: Sequence[str], dev: Sequence[str]) -> Side:
    """Look at the texts of one side.

    Args:
        train: list of str, those to learn from.
        dev: list of str, held out.

    Returns:
        ``Side``.
    """
    train, dev = list(map(normalise, train)), list(map(normalise, dev))
    return Side(
        different=len(set(train)),
        blank=sum(not text.strip() for text in train),
        scripts=scripts(train),
        tokens={how: token_figures(train, dev, how) for how in LOOKED_AT},
        examples=_spread(train, 5),
    )


def token_figures(train: Sequence[str], dev: Sequence[str], tokens: TokenizerName) -> TokenFigures:
    """Tell what a tokenizer makes of texts.

    Args:
        train: list of str, those to learn from.
        dev: list of str, held out.
        tokens: name of a tokenizer.

    Returns:
        ``TokenFigures``.
    """
    preparation = Preparation(tokens, normalisation=True, strip=True)
    lists = TokenLists.of(train, preparation, progress=sys.stderr.isatty())
    held_out = TokenLists.of(dev, preparation)
    known = set(lists.tokens)
    unknown = sum(count for token, count in held_out.counts().items() if token not in known)
    return TokenFigures(
        tokens,
        different=len(known),
        unknown=unknown / max(int(held_out.lengths.sum()), 1),
        mean=float(lists.lengths.mean()),
        long=int(np.percentile(lists.lengths, LONG)),
        longest=int(lists.lengths.max()),
    )


def scripts(texts: Sequence[str], most: PositiveInt = 3) -> dict[str, float]:
    """Tell the scripts of the letters in texts, by the first word of each letter's Unicode name.

    Args:
        texts: list of str.
        most: int, scripts to tell.

    Returns:
        dict of shares of the letters, from 0 to 1, the commonest first.

    >>> scripts(["abc", "где"])
    {'LATIN': 0.5, 'CYRILLIC': 0.5}
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    letters: Counter[str] = Counter()
    for character, count in counts.items():
        if character.isalpha():
            letters[unicodedata.name(character, "UNNAMED").split()[0]] += count
    shares = {script: count / letters.total() for script, count in letters.most_common(most)}
    return {script: share for script, share in shares.items() if share >= RARE}


def _spread(items, most):
    """At most so many of the items, evenly spread."""
    step = -(-len(items) // most) or 1
    return list(items[::step])


def _short(text, width=60):
    text = text.replace("\n", " ")
    return text if len(text) <= width else text[: width - 3] + "..."
