"""Small talk: what one says -> what the other answers, from the PyPI package ``chitchat-dataset``.

It holds 7,168 conversations between two people, under the MIT licence. The data file is read without
importing the package.
"""

import json
from itertools import groupby, pairwise
from pathlib import Path

from s2s_lesson.corpora._corpus import Corpus, Pair, split_by_hash
from s2s_lesson.corpora._fetch import packaged
from s2s_lesson.data.expected import PositiveInt, checked

DEV_SHARE = 0.1
TEST_SHARE = 0.1


@checked
def load(path: str | Path | None = None, *, max_words: PositiveInt | None = None) -> Corpus:
    """Read the conversations as pairs of adjacent turns, split by conversation.

    Messages that a speaker sends one after the other are one turn, joined by blanks. The split never
    changes: the SHA-256 of the conversation's id decides (``split_by_hash``), with 10 % of the conversations
    for dev and 10 % for test.

    Args:
        path: a JSON file in the same format; None reads the one of the package ``chitchat-dataset``.
        max_words: drop pairs in which a side has more words, counted between blanks; None keeps all.

    Returns:
        The corpus; both sides suit the tokenizer "casual". Its notes count conversations, messages,
        empty_messages (left out) and too_long (pairs).

    Raises:
        CorpusUnavailable: the package is not installed.
        ValueError: the file is not in this format, or holds no pair.
    """
    path = Path(path) if path is not None else packaged("chitchat-dataset", "chitchat_dataset/dataset.json")
    notes = dict.fromkeys(("conversations", "messages", "empty_messages", "too_long"), 0)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    try:
        for conversation_id, conversation in json.loads(path.read_bytes()).items():
            notes["conversations"] += 1
            split = splits[split_by_hash(conversation_id, DEV_SHARE, TEST_SHARE)]
            for source, target in pairwise(_turns(conversation["messages"], notes)):
                if max_words is not None and max(len(source.split()), len(target.split())) > max_words:
                    notes["too_long"] += 1
                else:
                    split.append(Pair(source, target))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"Expected JSON with conversations of messages (text, sender) in {path}; received something else "
            f"({type(error).__name__}: {error}). Install the package chitchat-dataset again."
        ) from error
    if not any(splits.values()):
        raise ValueError(
            f"Expected pairs of turns in {path}; received none from {notes['conversations']} conversations. "
            "Check the file, and max_words if it is set."
        )
    return Corpus("chitchat", splits, "casual", "casual", notes)


def _turns(groups, notes):
    """List the turns of a conversation, in which the speakers alternate."""
    messages = [
        (message["sender"], " ".join(message["text"].split())) for group in groups for message in group
    ]
    notes["messages"] += len(messages)
    spoken = [(sender, text) for sender, text in messages if text]
    notes["empty_messages"] += len(messages) - len(spoken)
    return [" ".join(text for _, text in turn) for _, turn in groupby(spoken, key=lambda message: message[0])]
