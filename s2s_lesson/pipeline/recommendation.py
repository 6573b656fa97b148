"""What to begin with for pairs of one's own: tokenizers, sizes and a training, by rules that can be read.

The rules are a beginning and no search: each follows from what ``inspection`` counts, and says why.
"""

import math
from dataclasses import dataclass

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.pipeline.inspection import Inspection, Side

SHORT = 60  # characters of a long text up to which characters are the tokens
CLOSED = 2_000  # words up to which all of them may be known
RARELY = 0.01  # share of unknown tokens that does not matter
LONGEST = 400  # tokens; a step of training costs as much as its longest text


@dataclass(frozen=True)
class Recommendation:
    """Options to begin with, and why.

    Attributes:
        pipeline: dict of options of ``TextToText.from_pairs``.
        training: dict of options of ``TextToText.fit``.
        reasons: list of str, one for each choice.

    >>> from s2s_lesson.corpora import load
    >>> from s2s_lesson.pipeline import inspect_corpus
    >>> dates = load("dates", train_size=997, dev_size=97, test_size=7)
    >>> recommended(inspect_corpus(dates)).pipeline["source_tokens"]
    'characters'
    """

    pipeline: dict
    training: dict
    reasons: list[str]

    def report(self) -> str:
        """Say it in lines for people."""
        return "\n".join(["recommended", *(f"           {reason}" for reason in self.reasons)])


@checked
def recommended(inspection: Inspection) -> Recommendation:
    """Choose options for pairs.

    Args:
        inspection: ``Inspection``.

    Returns:
        ``Recommendation``.
    """
    count = inspection.counts["train"]
    reasons: list[str] = []
    texts: dict = {}
    for name, length, side in (
        ("source", "max_source_length", inspection.source),
        ("target", "max_output_length", inspection.target),
    ):
        tokens, why = tokens_for(side)
        texts[f"{name}_tokens"] = tokens
        texts[length] = 2 * longest_for(side, tokens)  # texts to come may be longer than these
        reasons.append(f'{name}_tokens = "{tokens}": {why}')
        reasons.append(f"{length} = {texts[length]}: {_left_out(side, tokens, texts[length])}")
    if any(texts[f"{name}_tokens"] == "bpe" for name in ("source", "target")):
        texts["max_vocab_size"] = pieces_for(inspection)
        reasons.append(f"max_vocab_size = {texts['max_vocab_size']}: of each side, by the words there are")
    sizes, training = sizes_for(count), training_for(count)
    reasons.append(f"{', '.join(f'{name} = {value}' for name, value in sizes.items())}: for {count:,} pairs")
    reasons.append(
        f"{', '.join(f'{name} = {value}' for name, value in training.items())}: "
        f"at most {training['epochs'] * math.ceil(count / training['batch_size']):,} updates"
    )
    return Recommendation({**texts, **sizes}, training, reasons)


def tokens_for(side: Side) -> tuple[str, str]:
    """Choose the tokenizer of one side.

    Args:
        side: ``Side``.

    Returns:
        tokens: "words", "characters" or "bpe".
        why: str.
    """
    words, characters = side.tokens["words"], side.tokens["characters"]
    if words.different <= CLOSED and words.unknown <= RARELY and words.mean > 1:
        return "words", f"there are {words.different:,}, and held-out texts have {words.unknown:.1%} others"
    if characters.long <= SHORT:
        return "characters", f"texts are short, and {words.unknown:.1%} of held-out words are unknown"
    why = (
        "no blanks part the words"
        if side.without_blanks
        else f"{words.unknown:.1%} of held-out words are unknown"
    )
    return "bpe", f"pieces of words, learned from the texts: {why}"


def longest_for(side: Side, tokens: str) -> int:
    """Choose the longest text of one side to learn from.

    Args:
        side: ``Side``.
        tokens: its tokenizer.

    Returns:
        int, tokens.
    """
    figures = side.tokens["words" if tokens == "words" else "characters"]
    enough = min(figures.longest, 2 * figures.long + 10, LONGEST)
    return math.ceil(enough / 2) if tokens == "bpe" else enough  # pieces hold two characters and more


def pieces_for(inspection: Inspection) -> int:
    """Choose the number of pieces of a side: a third of its words, from 300 to 8,000.

    Args:
        inspection: ``Inspection``.

    Returns:
        int, the special tokens included.
    """
    words = min(side.tokens["words"].different for side in (inspection.source, inspection.target))
    return max(300, min(8_000, words // 3))


@checked
def sizes_for(pairs: PositiveInt) -> dict:
    """Choose the sizes of a model: more pairs feed more weights.

    Args:
        pairs: int, those of training.

    Returns:
        dict of options of ``Seq2SeqConfig``.
    """
    if pairs < 30_000:
        return {"embedding_dim": 64, "encoder_units": 96, "decoder_units": 128, "dropout": 0.1}
    if pairs < 300_000:
        return {"embedding_dim": 128, "encoder_units": 192, "decoder_units": 256, "dropout": 0.2}
    return {"embedding_dim": 256, "encoder_units": 256, "decoder_units": 512, "dropout": 0.1}


@checked
def training_for(pairs: PositiveInt) -> dict:
    """Choose a training: as many updates as a small model needs, in at most 60 passes.

    Args:
        pairs: int, those of training.

    Returns:
        dict of options of ``TextToText.fit``.
    """
    batch_size = 16 if pairs < 3_000 else 64 if pairs < 100_000 else 128
    updates = 2_500 if pairs < 20_000 else 6_000 if pairs < 100_000 else 12_000
    epochs = max(2, min(60, math.ceil(updates * batch_size / pairs)))
    rate = 3e-3 if pairs < 100_000 else 2e-3
    return {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": rate,
        "patience": max(3, epochs // 4),
    }


def _left_out(side, tokens, longest):
    figures = side.tokens["words" if tokens == "words" else "characters"]
    if tokens == "bpe":
        return f"a long text has {figures.long} characters, and a piece holds two and more"
    if figures.longest <= longest:
        return f"the longest text has {figures.longest} tokens"
    return f"longer texts are left out, fewer than one in a hundred; the longest has {figures.longest} tokens"
