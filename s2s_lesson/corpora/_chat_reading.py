"""Read a chat export: find out which app wrote it."""

import json
from pathlib import Path, PurePosixPath

from s2s_lesson.corpora import _chat_slack, _chat_telegram, _chat_whatsapp
from s2s_lesson.corpora._chat_messages import Export, Files, decoded, files_of
from s2s_lesson.data.expected import expect


def read(path: Path, day_first: bool | None, channel: str | None) -> Export:
    """Read all messages, of whatever app.

    Args:
        path: file, zip file or folder.
        day_first: whether WhatsApp's dates have the day before the month; None finds out.
        channel: name of the one to read; None reads all.

    Returns:
        The messages, and how many others were left out.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: it is no export, or a malformed one; or an option does not go with it.
    """
    files = files_of(path)
    if days := [place for place in files if _chat_slack.DAY.fullmatch(place.name)]:
        expect("day_first", day_first, day_first is None, "None for Slack, whose dates are clear")
        return _slack(path, files, days, channel)
    for place, read_bytes in files.items():
        name = _name(path, place)
        export = _whatsapp_or_telegram(decoded(read_bytes(), name), name, day_first, channel)
        if export is not None:
            return export
    raise ValueError(
        f"Expected a chat that WhatsApp, Telegram or Slack exported at {path}; received "
        f"{', '.join(map(str, list(files)[:5])) or 'no text or JSON'} without messages as these write them. "
        f"{_chat_whatsapp.HOW} {_chat_telegram.HOW} {_chat_slack.HOW}"
    )


def _whatsapp_or_telegram(
    text: str, name: Path, day_first: bool | None, channel: str | None
) -> Export | None:
    if name.suffix != ".json":
        export = _chat_whatsapp.parse(text, name, day_first)
        if export is not None:
            expect("channel", channel, channel is None, "None for WhatsApp, whose files hold one chat")
        return export
    content = _json(text, name, _chat_telegram.HOW)
    export = _chat_telegram.parse(content, name, channel) if isinstance(content, dict) else None
    if export is not None:
        expect("day_first", day_first, day_first is None, "None for Telegram, whose dates are clear")
    return export


def _slack(path: Path, files: Files, days: list, channel: str | None) -> Export:
    def read_list(name, data):
        content = _json(decoded(data, name), name, _chat_slack.HOW)
        if not isinstance(content, list):
            received = type(content).__name__
            raise ValueError(f"Expected a JSON list in {name}; received a {received}. {_chat_slack.HOW}")
        return content

    own = path.parent.name if path.is_file() else path.name  # of what lies in no folder
    channels = {place: place.parent.name or own for place in days}
    known = sorted(set(channels.values()))
    expect("channel", channel, channel is None or channel in known, f"among the channels {', '.join(known)}")
    users = {_name(path, place): files[place] for place in files if place.name == "users.json"}
    beside = (path if path.is_dir() else path.parent).parent / "users.json"  # of a channel's folder
    if not users and beside.is_file() and all(not place.parent.name for place in days):
        users = {beside: beside.read_bytes}
    names: dict[str, str] = {}
    for name, read_bytes in users.items():
        names |= _chat_slack.names_of(read_list(name, read_bytes()), name)
    kept = [(channels[place], _name(path, place), place) for place in sorted(days)]
    contents = [
        (its_channel, name, read_list(name, files[place]()))
        for its_channel, name, place in kept
        if channel in (None, its_channel)
    ]
    return _chat_slack.parse(contents, names)


def _name(path: Path, place: PurePosixPath) -> Path:
    """What a file is called in an error."""
    return path if path.is_file() and place == PurePosixPath(path.name) else path / place


def _json(text: str, name: object, how: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(
            f"Expected whole JSON in {name}; received something else ({error}). Export the chat again. {how}"
        ) from error
