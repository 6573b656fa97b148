"""Read what Telegram Desktop exports as JSON: one chat, or all of them."""

from datetime import datetime

from s2s_lesson.corpora._chat_messages import COUNTS, Export, Message

HOW = (
    'In Telegram Desktop: open the chat, the menu, "Export chat history", and as the format '
    '"Machine-readable JSON".'
)
_MEDIA = ("photo", "file", "media_type", "location_information", "contact_information", "poll")


def parse(content: dict, name: object, chat: str | None) -> Export | None:
    """Read JSON, if it is an export of Telegram.

    Args:
        content: the file's.
        name: of the file, for errors.
        chat: name of a chat of several; None takes all.

    Returns:
        The messages, and how many others were left out; None if it has none of Telegram's lists.

    Raises:
        ValueError: no chat has this name, or a message is malformed.
    """
    if isinstance(content.get("messages"), list):
        chats = [content]
    elif isinstance(listed := content.get("chats"), dict) and isinstance(listed.get("list"), list):
        chats = listed["list"]
    else:
        return None
    names = [str(one.get("name") or one.get("id")) for one in chats]
    if chat is not None and chat not in names:
        raise ValueError(
            f"Expected a chat among {', '.join(map(repr, names))} in {name}; received {chat!r}. Choose one."
        )
    messages: list[Message] = []
    counts = dict.fromkeys(COUNTS, 0)
    for one, its_name in zip(chats, names, strict=True):
        if chat in (None, its_name):
            for row, record in enumerate(one.get("messages", ())):
                try:
                    _add(record, "" if len(chats) == 1 else its_name, messages, counts)
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    raise ValueError(
                        f"Expected a message with type, date, from and text in row {row} of the chat "
                        f"{its_name!r} in {name}; received {str(record)[:60]} ({error!r}). {HOW}"
                    ) from error
    return messages, counts


def _add(record, thread, messages, counts):
    if record["type"] != "message":
        counts["system"] += 1
        return
    written = record["text"]
    parts = [written] if isinstance(written, str) else written  # or a list of texts and marked-up ones
    text = "".join(part if isinstance(part, str) else part["text"] for part in parts).strip()
    if not text:
        counts["media" if any(record.get(field) for field in _MEDIA) else "system"] += 1
        return
    author = record.get("from") or record.get("from_id") or "deleted account"
    time = datetime.fromisoformat(record["date"]).replace(tzinfo=None)
    messages.append(Message(time, str(author), text, thread))
