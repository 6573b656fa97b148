"""Read what WhatsApp exports: a text file, a line for each message, as the phone writes times."""

import re
import warnings
from datetime import datetime
from itertools import pairwise

from s2s_lesson.corpora._chat_messages import COUNTS, Export, Message
from s2s_lesson.corpora._chat_whatsapp_lines import kind_of

HOW = 'In WhatsApp: open the chat, the menu, "Export chat", "Without media".'
_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_STAMP = r"""
    (\d{1,4}) \s?[-./年]\s? (\d{1,2}) \s?[-./月]\s? (\d{1,4}) [.日]?  # the date, in some order
    ,?\s (?P<before>[^\d:\[\]]{0,8}?) \s?                            # such as 下午
    (?P<hour>\d{1,2}) [:.] (?P<minute>\d\d) (?:[:.](?P<second>\d\d))?
    (?:\s?(?P<after>[^\d:\[\]\s-][^\d:\[\]-]{0,7}))?                   # such as PM, "p. m."
"""
_ANDROID = re.compile(rf"{_STAMP} \s[-\u2013]\s (?P<rest>.*)", re.VERBOSE | re.DOTALL)
_IPHONE = re.compile(rf"\[ {_STAMP} \] \s (?P<rest>.*)", re.VERBOSE | re.DOTALL)
_AUTHOR = re.compile(r"([^:\"“”„«»]{1,80}): (.*)", re.DOTALL)  # a notice may have a colon within quotes
_AFTER_NOON = {"pm", "μμ", "م", "下午", "晚上", "中午", "오후", "午後"}
_BEFORE_NOON = {"am", "πμ", "ص", "上午", "清晨", "早上", "凌晨", "오전", "午前"}


def parse(text: str, name: object, day_first: bool | None) -> Export | None:
    """Read a text, if it is an export of WhatsApp.

    Args:
        text: the file.
        name: of the file, for errors.
        day_first: whether the day stands before the month; None finds out.

    Returns:
        The messages, and how many others were left out; None if no line is one of WhatsApp's.

    Raises:
        ValueError: a date or a time does not exist.
    """
    entries: list[list] = []  # of each message the number of its line, its stamp and its text
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.lstrip(_MARKS).removesuffix("\r")
        if stamp := _ANDROID.match(bare) or _IPHONE.match(bare):
            entries.append([number, stamp, stamp["rest"]])
        elif entries:
            entries[-1][2] += f"\n{line}"
    if not entries:
        return None
    times = _times(entries, name, day_first)
    messages, counts = [], dict.fromkeys(COUNTS, 0)
    for time, (_, _, rest) in zip(times, entries, strict=True):
        if (parts := _AUTHOR.match(rest)) is None:
            counts["system"] += 1
            continue
        kind, written = kind_of(parts[2].replace("\r", ""))
        if kind or not written:
            counts[kind or "media"] += 1
        else:
            messages.append(Message(time, parts[1].strip(_MARKS + "~ \u202f\u00a0"), written))
    return messages, counts


def _times(entries, name, day_first):
    dates = [tuple(int(part) for part in stamp.groups()[:3]) for _, stamp, _ in entries]
    year_first = [len(stamp[1]) == 4 for _, stamp, _ in entries]
    if day_first is None:
        day_first = _is_day_first(
            [date for date, whole in zip(dates, year_first, strict=True) if not whole], name
        )
    times = []
    for (number, stamp, _), (first, second, third), whole in zip(entries, dates, year_first, strict=True):
        try:
            if whole:
                year, month, day = first, second, third
            else:
                (day, month), year = (first, second) if day_first else (second, first), third
            times.append(datetime(year + 2000 if year < 100 else year, month, day, *_clock(stamp)))
        except ValueError as error:
            order = "year, month, day" if whole else "day, month, year" if day_first else "month, day, year"
            received = stamp[0].removesuffix(stamp["rest"]).strip()
            raise ValueError(
                f"Expected a date ({order}) and a time in line {number} of {name}; received {received!r} "
                f"({error}). Pass day_first=True or False if the order is another one, or mend the line."
            ) from error
    return times


def _is_day_first(dates, name) -> bool:
    """Whether the day stands before the month, from all dates without a year in front."""
    if any(first > 12 for first, _, _ in dates):
        return True
    if any(second > 12 for _, second, _ in dates):
        return False
    by_day = _steps_back([(year, month, day) for day, month, year in dates])
    by_month = _steps_back([(year, month, day) for month, day, year in dates])
    if by_day == by_month and any(first != second for first, second, _ in dates):
        warnings.warn(
            f"The dates in {name} may have the day or the month first, and are read with the day first. They "
            "decide only where a conversation ends. Pass day_first=True or False.",
            stacklevel=8,
        )
    return by_day <= by_month


def _steps_back(dates):
    """How often a date is earlier than the one before: an export is in order."""
    return sum(later < earlier for earlier, later in pairwise(dates))


def _clock(stamp):
    words = {re.sub(r"[\s.]", "", stamp[place] or "").casefold() for place in ("before", "after")}
    hour = int(stamp["hour"])
    if hour <= 12 and words & (_AFTER_NOON | _BEFORE_NOON):
        hour = hour % 12 + (12 if words & _AFTER_NOON else 0)
    return hour, int(stamp["minute"]), int(stamp["second"] or 0)
