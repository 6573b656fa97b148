"""One's own conversations: what one says -> what the other answers, from the exports of chat apps.

What WhatsApp, Telegram and Slack export is read, whichever it is. Nothing leaves the machine.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from s2s_lesson.corpora._chat_messages import Message
from s2s_lesson.corpora._chat_reading import read
from s2s_lesson.corpora._corpus import Corpus, Pair, split_by_hash
from s2s_lesson.corpora.cornell import TURN
from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Share, checked, expect

_URL = re.compile(r"(?:https?://|www\.)\S+?(?=[.,;:!?)\]}'\"»”]*(?:\s|$))", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w.])(?!\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?!\d))"  # no date
    r"(?:\+(?:[\s()/.-]*\d){7,15}|\(?\d(?:[\s()/.-]?\d){8,14})(?!\w)"
)


@checked
def read_chat(
    path: str | Path, *, day_first: bool | None = None, channel: str | None = None
) -> list[Message]:
    """Read the messages of a chat that an app exported.

    - WhatsApp: the text file, or the zip file that holds it; of Android and iPhone, with clocks of 12 and of
      24 hours, and dates in any order.
    - Telegram: ``result.json`` of Telegram Desktop, of one chat or of all.
    - Slack: a channel's folder, a day's file in it, or the zip file or folder of all channels.

    Lines that go on belong to the message before. What nobody wrote is left out: notices, pictures and files
    without a caption, deleted messages, bots.

    Args:
        path: the file, zip file or folder.
        day_first: whether WhatsApp's dates have the day before the month. None finds out from all dates;
            where they could be either, a warning says so, and the day is taken to be first.
        channel: name of the one to read: of a channel of Slack, or of a chat of Telegram. None reads all.

    Returns:
        The messages, in the order of the export, those of Slack by time.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: it is no export of these apps, or a malformed one; or no channel has this name.
    """
    return read(Path(path), day_first, channel)[0]


@checked
def pairs_from(
    messages: Iterable[Message],
    *,
    replies_of: str | None = None,
    context: PositiveInt = 1,
    join_within: PositiveFloat | None = None,
    gap: PositiveFloat = 8.0,
) -> list[Pair]:
    """Make pairs of what one says and what another answers.

    Messages that an author sends one after the other are one turn, joined by blanks. Adjacent turns of
    different authors are a pair. No pair goes over a long silence, or from one thread to another.

    Args:
        messages: as ``read_chat`` gives them.
        replies_of: name of an author: only pairs in which this one answers. None takes all.
        context: turns before the answer that make up the source, at most; ``cornell.TURN`` stands between
            them. Near the beginning of a conversation there are fewer.
        join_within: minutes, above 0. What an author sends later than that after the message before is a turn
            of its own, which answers nobody. None joins until another author writes.
        gap: hours, above 0. After such a silence a new conversation begins.

    Returns:
        The pairs. Line ends and rows of blanks are one blank in them.

    Raises:
        ValueError: ``replies_of`` wrote nothing.

    >>> from datetime import datetime
    >>> said = [("Ada", "Ahoy!"), ("Ada", "Much wind?"), ("Ben", "None."), ("Ada", "Pity.")]
    >>> messages = [Message(datetime(2016, 9, 30, 21, 5), author, text) for author, text in said]
    >>> pairs_from(messages, replies_of="Ben")
    [Pair(source='Ahoy! Much wind?', target='None.')]
    """
    messages = list(messages)
    _expect_author(replies_of, messages)
    return [
        pair
        for conversation in conversations(messages, gap)
        for pair in _pairs(conversation, replies_of, context, join_within)
    ]


@checked
def conversations(messages: Iterable[Message], gap: PositiveFloat = 8.0) -> list[list[Message]]:
    """Cut a chat where it falls silent, and put the messages of each thread together.

    Args:
        messages: as ``read_chat`` gives them.
        gap: hours, above 0. After such a silence a new conversation begins.

    Returns:
        The conversations, in the order of their first messages.
    """
    latest: dict[str, list[Message]] = {}  # the conversation that goes on in each thread
    talks = []
    for message in messages:
        going_on = latest.get(message.thread)
        if going_on is None or message.time - going_on[-1].time > timedelta(hours=gap):
            going_on = latest[message.thread] = []
            talks.append(going_on)
        going_on.append(message)
    return talks


@checked
def load(
    path: str | Path,
    *,
    day_first: bool | None = None,
    channel: str | None = None,
    replies_of: str | None = None,
    context: PositiveInt = 1,
    join_within: PositiveFloat | None = None,
    gap: PositiveFloat = 8.0,
    placeholders: bool = False,
    dev: Share = 0.1,
    test: Share = 0.1,
) -> Corpus:
    """Read an exported chat as pairs, split by conversation.

    The split never changes for a conversation: the SHA-256 of its first message's time and text decides
    (``split_by_hash``), however the chat goes on.

    Args:
        path: the export, as for ``read_chat``.
        day_first: as for ``read_chat``.
        channel: as for ``read_chat``.
        replies_of: as for ``pairs_from``.
        context: as for ``pairs_from``.
        join_within: minutes, as for ``pairs_from``.
        gap: hours, as for ``pairs_from``.
        placeholders: write ``<url>``, ``<email>`` and ``<phone>`` for addresses of the web and of mail and
            for numbers of telephones. Names and all else stay: a model that learned a chat can write what is
            in it.
        dev: share of the conversations for dev, from 0 to 1.
        test: share of the conversations for test, from 0 to 1.

    Returns:
        The corpus; both sides suit the tokenizer "casual". Its notes count messages, authors, conversations,
        and what was left out: system (notices, bots), media (pictures and files without a text), deleted.

    Raises:
        FileNotFoundError, ValueError: as for ``read_chat`` and ``pairs_from``; or no pair is left, or ``dev``
            and ``test`` leave nothing to learn from.
    """
    expect("dev", dev, dev + test < 1, f"below {1 - test:g}, with test={test}")
    messages, counts = read(Path(path), day_first, channel)
    _expect_author(replies_of, messages)
    talks = conversations(messages, gap)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for talk in talks:
        split = splits[split_by_hash(f"{talk[0].time.isoformat()} {talk[0].text}", dev, test)]
        if placeholders:
            talk = [message._replace(text=with_placeholders(message.text)) for message in talk]
        split += _pairs(talk, replies_of, context, join_within)
    if not any(splits.values()):
        raise ValueError(
            f"Expected messages that answer others in {path}; received none from {len(messages)} messages in "
            f"{len(talks)} conversations. Check replies_of, or raise gap={gap:g} hours."
        )
    shares = {"train": 1.0, "dev": dev, "test": test}
    if empty := [name for name, share in shares.items() if share and not splits[name]]:
        warnings.warn(
            f"Nothing of {path} is in {' and '.join(empty)}; conversations: {len(talks)}. A lower gap than "
            f"{gap:g} hours makes more of them, and dev= and test= change the shares: on the command line "
            "--set chat.gap=1, chat.dev=0.2 and chat.test=0.2.",
            stacklevel=3,
        )
    authors = len({message.author for message in messages})
    notes = {"messages": len(messages), "authors": authors, "conversations": len(talks), **counts}
    return Corpus("chats", splits, "casual", "casual", notes)


def with_placeholders(text: str) -> str:
    """Write ``<url>``, ``<email>`` and ``<phone>`` for such addresses and numbers.

    >>> with_placeholders("Call +49 30 1234567, or see https://example.org/a.")
    'Call <phone>, or see <url>.'
    """
    return _PHONE.sub("<phone>", _EMAIL.sub("<email>", _URL.sub("<url>", text)))


def _pairs(conversation, replies_of, context, join_within) -> Iterator[Pair]:
    turns: list[list[Message]] = []
    for message in conversation:
        latest = turns[-1][-1] if turns else message
        late = join_within is not None and message.time - latest.time > timedelta(minutes=join_within)
        if not turns or latest.author != message.author or late:
            turns.append([])
        turns[-1].append(message)
    authors = [turn[0].author for turn in turns]
    texts = [" ".join(" ".join(message.text for message in turn).split()) for turn in turns]
    for place, (before, author) in enumerate(pairwise(authors), start=1):
        if author != before and replies_of in (None, author):
            yield Pair(TURN.join(texts[max(0, place - context) : place]), texts[place])


def _expect_author(replies_of: str | None, messages: Sequence[Message]) -> None:
    authors = sorted({message.author for message in messages})
    known = ", ".join(authors[:20]) + (", ..." if len(authors) > 20 else "")
    holds = replies_of is None or replies_of in authors
    expect("replies_of", replies_of, holds, f"among the authors {known}")
