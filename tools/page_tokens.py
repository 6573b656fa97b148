"""What the page's tokenizers, `views/src/model/tokens.js`, need to know of one side of a pipeline."""

from html.entities import name2codepoint
from typing import Any

import numpy as np
from sentencepiece import SentencePieceProcessor

from s2s_lesson.data.marks import ENDS, WIDE
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary


def tokens_for_page(preparation: Preparation, vocab: Vocabulary) -> dict[str, Any]:
    """Describe how the texts of a side become ids, and ids texts.

    Args:
        preparation: ``Preparation``: of any ``TextSides`` or ``TextToText``, ``prepare_source`` or
            ``prepare_target``.
        vocab: ``Vocabulary``, of the same side.

    Returns:
        dict that JSON can hold; ``Description`` in ``tokens.js`` says what is in it.

    >>> page = tokens_for_page(Preparation("characters", strip=True), Vocabulary("ab"))
    >>> page["kind"], page["strip"], page["vocabulary"]
    ('characters', True, ['a', 'b'])
    """
    tokens = preparation.tokens
    description: dict[str, Any] = {
        "kind": tokens.kind if isinstance(tokens, Subwords) else tokens,
        "normalisation": preparation.normalisation,
        "cleaning": preparation.cleaning,
        "strip": preparation.strip,
        "vocabulary": list(vocab.tokens[len(SPECIAL_TOKENS) :]),
    }
    if isinstance(tokens, Subwords):
        description["pieces"] = _pieces(tokens)
    elif tokens == "casual":
        marks = {"ends": "".join(sorted(ENDS)), "wide": "".join(sorted(WIDE))}
        description["lists"] = {"entities": name2codepoint, **marks}
    return description


def _pieces(subwords):
    """Each piece with its score, a 32-bit float in as few digits as tell it apart."""
    processor = SentencePieceProcessor(model_proto=subwords.model)
    unknown = processor.unk_id()
    return [
        [processor.id_to_piece(index), float(str(np.float32(processor.get_score(index))))]
        for index in range(processor.piece_size())
        if index != unknown
    ]
