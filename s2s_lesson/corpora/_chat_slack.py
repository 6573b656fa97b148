"""Read what Slack exports: a folder for each channel, in it a JSON file for each day."""

import html
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from s2s_lesson.corpora._chat_messages import COUNTS, Export, Message

HOW = (
    'In Slack: workspace settings, "Import/export data", "Export"; name the zip file, or the folder of a '
    "channel in it."
)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_SPOKEN = (None, "me_message", "thread_broadcast")  # other subtypes are notices and bots
_MARKUP = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def names_of(users: list, name: object) -> dict[str, str]:
    """What the users are called.

    Args:
        users: the content of ``users.json``.
        name: of the file, for errors.

    Returns:
        The name by the user's id.

    Raises:
        ValueError: the file is malformed.
    """
    try:
        return {user["id"]: _name(user.get("profile") or {}) or _name(user) for user in users}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"Expected a list of users with their ids in {name}; received something else ({error!r}). {HOW}"
        ) from error


def parse(days: Iterable[tuple[str, object, list]], names: dict[str, str]) -> Export:
    """Read the days of channels.

    Args:
        days: of each the channel, the name of the file, for errors, and its content.
        names: of users, by id.

    Returns:
        The messages, those of a thread together, and how many others were left out.

    Raises:
        ValueError: a message is malformed.
    """
    messages: list[Message] = []
    counts = dict.fromkeys(COUNTS, 0)
    for channel, file, day in days:
        for row, record in enumerate(day):
            try:
                _add(record, channel, names, messages, counts)
            except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
                raise ValueError(
                    f"Expected a message with type, user, ts and text in row {row} of {file}; received "
                    f"{str(record)[:60]} ({error!r}). {HOW}"
                ) from error
    return sorted(messages, key=lambda message: message.time), counts


def _add(record, channel, names, messages, counts):
    spoken = record["type"] == "message" and record.get("subtype") in _SPOKEN and "bot_id" not in record
    if not spoken:
        counts["deleted" if record.get("subtype") == "tombstone" else "system"] += 1
        return
    text = _plain(record["text"], names).strip()
    if not text:
        counts["media"] += 1
        return
    user = record["user"]
    author = names.get(user) or _name(record.get("user_profile") or {}) or user
    thread = f"{channel} {record['thread_ts']}" if record.get("thread_ts") else channel
    time = datetime.fromtimestamp(float(record["ts"]), UTC).replace(tzinfo=None)
    messages.append(Message(time, author, text, thread))


def _name(user):
    return user.get("display_name") or user.get("real_name") or user.get("name")


def _plain(text, names):
    """A text without Slack's markup for people, channels and links."""

    def shown(match):
        kind, target, label = match.groups()
        if kind == "@":
            return f"@{names.get(target) or label or target}"
        if kind == "!":
            return label or f"@{target.partition('^')[0]}"
        return f"#{label or target}" if kind == "#" else label or target

    return html.unescape(_MARKUP.sub(shown, text))
