"""Chat exports: what each app writes, what is left out, and pairs of turns."""

import json
import zipfile
from datetime import datetime

import pytest

from s2s_lesson.corpora import chats
from s2s_lesson.corpora._corpus import split_by_hash
from s2s_lesson.corpora.chats import Message
from s2s_lesson.corpora.cornell import TURN

# WhatsApp. The same three messages, as phones of several countries write them.

EVENING = [
    (datetime(2016, 9, 30, 21, 5), "Ada", "Ahoy!\nAny wind?"),
    (datetime(2016, 9, 30, 21, 6), "Ben", "None: at 9:15 perhaps."),
    (datetime(2016, 10, 1, 0, 7), "Ada", "Pity."),
]
STAMPS = {
    "android, 24 hours": ("30/09/2016, 21:05 - ", "30/09/2016, 21:06 - ", "01/10/2016, 00:07 - "),
    "android, american": ("9/30/16, 9:05 PM - ", "9/30/16, 9:06 PM - ", "10/1/16, 12:07 AM - "),
    "android, narrow blank": (
        "9/30/16, 9:05\u202fPM - ",
        "9/30/16, 9:06\u202fPM - ",
        "10/1/16, 12:07\u202fAM - ",
    ),
    "android, indian": ("30/09/16, 9:05 pm - ", "30/09/16, 9:06 pm - ", "01/10/16, 12:07 am - "),
    "android, german": ("30.09.16, 21:05 - ", "30.09.16, 21:06 - ", "01.10.16, 00:07 - "),
    "android, spanish": ("30/9/16 9:05 p. m. - ", "30/9/16 9:06 p. m. - ", "1/10/16 12:07 a. m. - "),
    "android, dutch": ("30-09-16 21:05 - ", "30-09-16 21:06 - ", "01-10-16 00:07 - "),
    "android, korean": (
        "2016. 9. 30. 오후 9:05 - ",
        "2016. 9. 30. 오후 9:06 - ",
        "2016. 10. 1. 오전 12:07 - ",
    ),
    "android, swedish": ("2016-09-30 21:05 - ", "2016-09-30 21:06 - ", "2016-10-01 00:07 - "),
    "iphone, german": ("[30.09.16, 21:05:00] ", "[30.09.16, 21:06:00] ", "[01.10.16, 00:07:00] "),
    "iphone, american": ("[9/30/16, 9:05:00 PM] ", "[9/30/16, 9:06:00 PM] ", "[10/1/16, 12:07:00 AM] "),
    "iphone, chinese": ("[2016/9/30 下午9:05:00] ", "[2016/9/30 下午9:06:00] ", "[2016/10/1 上午12:07:00] "),
    "iphone, finnish": ("[30.9.2016 klo 21.05.00] ", "[30.9.2016 klo 21.06.00] ", "[1.10.2016 klo 0.07.00] "),
}


def evening(stamps):
    first, second, third = stamps
    return f"{first}Ada: Ahoy!\nAny wind?\n{second}Ben: None: at 9:15 perhaps.\n{third}Ada: Pity.\n"


def write(tmp_path, text, name="chat.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("stamps", STAMPS.values(), ids=STAMPS)
def test_a_message_is_the_same_on_every_phone(tmp_path, stamps, recwarn):
    messages = chats.read_chat(write(tmp_path, evening(stamps)))
    assert [message[:3] for message in messages] == EVENING
    assert not recwarn.list


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_marks_of_direction_and_line_ends_are_no_part_of_a_message(tmp_path, ends):
    text = "\ufeff\u200e[30.09.16, 21:05:00] \u202a~ Ada\u202c: Ahoy!\nAny wind?\n"
    (tmp_path / "chat.txt").write_bytes(text.replace("\n", ends).encode())
    assert chats.read_chat(tmp_path / "chat.txt") == [Message(*EVENING[0])]


def said(tmp_path, *lines, stamp="30/09/2016, 21:05 - "):
    """What is left of lines, and the counts of the others."""
    text = "".join(f"{stamp}{line}\n" for line in (*lines, "Ben: Ahoy!", "Ada: Aye."))
    path = write(tmp_path, text)
    notes = chats.load(path, dev=0, test=0).notes
    assert chats.read_chat(path)[-2:] == [
        (EVENING[0][0], "Ben", "Ahoy!", ""),
        (EVENING[0][0], "Ada", "Aye.", ""),
    ]
    left_out = {name: notes[name] for name in ("system", "media", "deleted") if notes[name]}
    return [message.text for message in chats.read_chat(path)[:-2]], left_out


@pytest.mark.parametrize(
    "line",
    [
        "Messages and calls are end-to-end encrypted. Tap to learn more.",
        "Ada created group “Sailing”",
        'Ada changed the subject from "Sailing" to "Plan: sail"',
        "Ada: \u200eMessages and calls are end-to-end encrypted.",
        "Ada: Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
        "Ada: Missed voice call",
        "Ada: \u200eVerpasster Sprachanruf",
        "Ada: Voice call, 2 min",
        "Ada: Appel vocal manqué à 21:05",
    ],
)
def test_notices_are_left_out_and_counted(tmp_path, line):
    assert said(tmp_path, line) == ([], {"system": 1})


@pytest.mark.parametrize(
    "text",
    [
        "<Media omitted>",
        "<Medien ausgeschlossen>",
        "<Multimedia omitido>",
        "<Médias omis>",
        "<省略多媒体文件>",
        "\u200eimage omitted",
        "\u200eBild weggelassen",
        "audio omitido",
        "Contact card omitted",
        "sail.pdf • \u200e2 pages \u200edocument omitted",
        "IMG-20160930-WA0007.jpg (file attached)",
        "\u200ePTT-20160930-WA0011.opus (Datei angehängt)",
        "\u200e<attached: 00000007-PHOTO-2016-09-30-21-05-00.jpg>",
        "location: https://maps.google.com/?q=59.3,18.1",
        "null",
    ],
)
def test_media_are_left_out_and_counted(tmp_path, text):
    assert said(tmp_path, f"Ada: {text}") == ([], {"media": 1})


@pytest.mark.parametrize(
    "text",
    [
        "This message was deleted",
        "\u200eYou deleted this message.",
        "Diese Nachricht wurde gelöscht.",
        "Se eliminó este mensaje",
        "Ce message a été supprimé",
        "Esta mensagem foi apagada",
        "此消息已删除",
    ],
)
def test_deleted_messages_are_left_out_and_counted(tmp_path, text):
    assert said(tmp_path, f"Ada: {text}") == ([], {"deleted": 1})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("IMG-20160930-WA0007.jpg (file attached)\nOur boat", "Our boat"),
        ("Ahoy! <This message was edited>", "Ahoy!"),
        ("Ahoy! \u200e<Diese Nachricht wurde bearbeitet>", "Ahoy!"),
        ("I <3 sails", "I <3 sails"),
        ("<sigh>", "<sigh>"),
        ("who deleted this message?", "who deleted this message?"),
        ("the image was omitted by the paper", "the image was omitted by the paper"),
        ("sail.pdf (see page 7) is what I meant", "sail.pdf (see page 7) is what I meant"),
    ],
)
def test_what_somebody_wrote_stays(tmp_path, text, left):
    assert said(tmp_path, f"Ada: {text}") == ([left], {})


@pytest.mark.parametrize("name", ["_chat.txt", "WhatsApp Chat with Ada.txt"])
def test_whatsapps_zip_file_is_read(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "chat.zip", "w") as archive:
        archive.writestr(name, evening(STAMPS["iphone, german"]))
        archive.writestr("00000007-PHOTO.jpg", b"\xff\xd8")
    assert [message[:3] for message in chats.read_chat(tmp_path / "chat.zip")] == EVENING


def test_the_order_of_days_is_found_by_their_sequence(tmp_path, recwarn):
    for later, expected in (("03/02/16", (2016, 2, 3)), ("02/03/16", (2016, 3, 2))):
        # 1 February, then 3 February or 2 March: with the month first, 2 January would come after 3 March.
        lines = ["01/02/16", later, "04/03/16" if later == "02/03/16" else "01/03/16"]
        path = write(tmp_path, "".join(f"{date}, 21:05 - Ada: Ahoy!\n" for date in lines))
        assert chats.read_chat(path)[1].time.timetuple()[:3] == expected
        if later == "03/02/16":
            assert not recwarn.list


def test_days_that_could_be_months_are_warned_of_and_the_option_decides(tmp_path, recwarn):
    path = write(tmp_path, "01/02/16, 21:05 - Ada: Ahoy!\n03/04/16, 21:06 - Ben: Aye.\n")
    with pytest.warns(UserWarning, match=r"day or the month first.*Pass day_first=True or False") as warned:
        assert chats.read_chat(path)[0].time == datetime(2016, 2, 1, 21, 5)
    assert warned[0].filename == __file__
    recwarn.clear()
    assert chats.read_chat(path, day_first=False)[0].time == datetime(2016, 1, 2, 21, 5)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "30/09/16, 21:05 - Ada: Ahoy!\n09/30/16, 21:06 - Ben: Aye.\n",
            {},
            r"\(day, month, year\).*in line 2 of",
        ),
        (
            "30/09/16, 21:05 - Ada: Ahoy!\n",
            {"day_first": False},
            r"\(month, day, year\).*'30/09/16, 21:05 -'",
        ),
        ("30/09/16, 25:05 - Ada: Ahoy!\n", {}, r"hour must be in 0..23.*mend the line"),
        ("Ahoy!\nAye.\n", {}, r"exported at .*chat.txt; received .*Export chat"),
        ("", {}, r"exported at .*chat.txt"),
        ("30/09/16, 21:05 - Ada: Ahoy!\n", {"channel": "sails"}, "Expected channel None for WhatsApp"),
    ],
)
def test_a_text_that_cannot_be_read_says_why(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        chats.read_chat(write(tmp_path, text), **options)


def test_files_that_are_no_exports_are_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.txt is not there"):
        chats.read_chat(tmp_path / "none.txt")
    (tmp_path / "chat.zip").write_bytes(b"PK no zip")
    with pytest.raises(ValueError, match="Expected a whole zip file"):
        chats.read_chat(tmp_path / "chat.zip")
    (tmp_path / "chat.txt").write_bytes("30/09/16, 21:05 - Ada: Grüße\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"Expected UTF-8 in .*chat\.txt.*0xfc at place 25"):
        chats.read_chat(tmp_path / "chat.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="received no text or JSON"):
        chats.read_chat(tmp_path / "empty")
    with zipfile.ZipFile(tmp_path / "unsafe.zip", "w") as archive:
        archive.writestr("../_chat.txt", "")
    with pytest.raises(ValueError, match="Do not trust this file"):
        chats.read_chat(tmp_path / "unsafe.zip")


# Telegram.


def telegram_message(author, text, minute=5, **fields):
    return {
        "id": 7,
        "type": "message",
        "date": f"2016-09-30T21:{minute:02}:00",
        "from": author,
        "text": text,
    } | fields


TELEGRAM = {
    "name": "Ada",
    "type": "personal_chat",
    "id": 11,
    "messages": [
        {
            "id": 1,
            "type": "service",
            "date": "2016-09-30T21:00:00",
            "actor": "Ada",
            "action": "phone_call",
            "text": "",
        },
        telegram_message("Ada", ["Ahoy! ", {"type": "bold", "text": "Any"}, " wind?"]),
        telegram_message("Ben", "", photo="(File not included)"),
        telegram_message("Ben", "Our boat", 6, photo="(File not included)"),
        telegram_message(None, "Pity.", 7, from_id="user13"),
    ],
}


def test_telegrams_texts_are_put_together_and_notices_left_out(tmp_path):
    path = write(tmp_path, json.dumps(TELEGRAM), "result.json")
    assert (
        chats.read_chat(path)
        == chats.read_chat(tmp_path)
        == [
            Message(datetime(2016, 9, 30, 21, 5), "Ada", "Ahoy! Any wind?"),
            Message(datetime(2016, 9, 30, 21, 6), "Ben", "Our boat"),
            Message(datetime(2016, 9, 30, 21, 7), "user13", "Pity."),
        ]
    )
    notes = chats.load(path, dev=0, test=0).notes
    assert notes == {"messages": 3, "authors": 3, "conversations": 1, "system": 1, "media": 1, "deleted": 0}


def test_of_several_chats_of_telegram_one_is_chosen_or_all_are_read(tmp_path):
    other = {
        "name": "Sails",
        "id": 13,
        "messages": [telegram_message("Cleo", "Hoist!"), telegram_message("Ada", "Aye.")],
    }
    path = write(tmp_path, json.dumps({"chats": {"list": [TELEGRAM, other]}}), "result.json")
    assert [message.thread for message in chats.read_chat(path)] == ["Ada"] * 3 + ["Sails"] * 2
    assert [message.author for message in chats.read_chat(path, channel="Sails")] == ["Cleo", "Ada"]
    assert chats.pairs_from(chats.read_chat(path))[-1] == ("Hoist!", "Aye."), "no pair over two chats"
    with pytest.raises(ValueError, match=r"Expected a chat among 'Ada', 'Sails' in .*; received 'Ben'"):
        chats.read_chat(path, channel="Ben")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ('{"messages": [', {}, r"Expected whole JSON in .*result\.json.*Machine-readable JSON"),
        (
            '{"messages": [{"type": "message", "text": "Ahoy!"}]}',
            {},
            r"in row 0 of the chat.*KeyError\('date'\)",
        ),
        ('{"messages": [3]}', {}, "in row 0 of the chat.*received 3"),
        ('{"about": "me"}', {}, "Expected a chat that WhatsApp, Telegram or Slack exported"),
        (json.dumps(TELEGRAM), {"day_first": True}, "Expected day_first None for Telegram"),
    ],
)
def test_a_malformed_result_of_telegram_says_why(tmp_path, content, options, message):
    with pytest.raises(ValueError, match=message):
        chats.read_chat(write(tmp_path, content, "result.json"), **options)


# Slack.


def slack_message(user, text, second=0, **fields):
    return {"type": "message", "user": user, "text": text, "ts": f"{1475269500 + second}.000200"} | fields


USERS = [
    {"id": "U7", "name": "ada", "profile": {"display_name": "Ada", "real_name": "Ada L."}},
    {"id": "U11", "name": "ben", "real_name": "Ben", "profile": {"display_name": ""}},
]
SAILS = {
    "2016-10-01.json": [slack_message("U13", "Pity.", 9999, user_profile={"display_name": "Cleo"})],
    "2016-09-30.json": [
        slack_message("U7", "joined", subtype="channel_join"),
        slack_message("U7", "Ahoy <@U11>, <!here>! Wind &amp; <https://example.org/w|waves>?", 1),
        slack_message("U7", "Which sail?", 2, thread_ts="2"),
        slack_message("U11", "See <https://example.org> in <#C3|boats> &lt;now&gt;", 3),
        slack_message("U11", "The red one", 4, thread_ts="2", subtype="thread_broadcast"),
        slack_message("B3", "beep", 5, bot_id="B3"),
        slack_message("U7", "", 6, files=[{"id": "F3"}]),
        slack_message("U7", "This message was deleted.", 7, subtype="tombstone"),
    ],
}


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    for channel, days in {
        "sails": SAILS,
        "boats": {"2016-09-30.json": [slack_message("U7", "Boat?")]},
    }.items():
        (folder / channel).mkdir(parents=True)
        for name, day in days.items():
            write(folder / channel, json.dumps(day), name)
    write(folder, json.dumps(USERS), "users.json")
    write(folder, "[]", "channels.json")
    return folder


SAID = [
    ("Ada", "Ahoy @Ben, @here! Wind & waves?", "sails"),
    ("Ada", "Which sail?", "sails 2"),
    ("Ben", "See https://example.org in #boats <now>", "sails"),
    ("Ben", "The red one", "sails 2"),
    ("Cleo", "Pity.", "sails"),
]


def test_a_channel_of_slack_is_read_in_order_with_names_and_plain_texts(workspace):
    messages = chats.read_chat(workspace / "sails")
    assert [message[1:] for message in messages] == SAID
    assert messages[0].time == datetime(2016, 9, 30, 21, 5, 1, 200)
    notes = chats.load(workspace / "sails", dev=0, test=0).notes
    assert {name: notes[name] for name in ("system", "media", "deleted")} == {
        "system": 2,
        "media": 1,
        "deleted": 1,
    }


def test_a_thread_of_slack_is_a_conversation_of_its_own(workspace):
    pairs = chats.pairs_from(chats.read_chat(workspace / "sails"), gap=1)
    assert pairs == [(SAID[0][1], SAID[2][1]), ("Which sail?", "The red one")]


@pytest.mark.parametrize("packed", [False, True])
def test_a_workspace_of_slack_is_read_whole_or_by_channel(workspace, packed):
    path = workspace
    if packed:
        path = workspace.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            for file in workspace.rglob("*.json"):
                archive.write(file, file.relative_to(workspace))
    assert [message[1:] for message in chats.read_chat(path, channel="sails")] == SAID
    assert {message.thread for message in chats.read_chat(path)} == {"sails", "sails 2", "boats"}
    with pytest.raises(ValueError, match="Expected channel among the channels boats, sails; received 'tea'"):
        chats.read_chat(path, channel="tea")


def test_a_day_of_slack_is_read_by_itself(workspace):
    assert [message[1:] for message in chats.read_chat(workspace / "sails" / "2016-09-30.json")] == SAID[:-1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "sails/2016-09-30.json",
            '[{"type": "message", "text": "Ahoy!"}]',
            r"in row 0 of .*2016-09-30\.json",
        ),
        (
            "sails/2016-09-30.json",
            "{}",
            r"Expected a JSON list in .*2016-09-30\.json; received a dict.*In Slack",
        ),
        ("sails/2016-09-30.json", "[", "Expected whole JSON"),
        ("users.json", "[3]", r"Expected a list of users with their ids in .*users\.json"),
    ],
)
def test_a_malformed_export_of_slack_says_why(workspace, name, content, message):
    (workspace / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        chats.read_chat(workspace)
    with pytest.raises(ValueError, match="Expected day_first None for Slack"):
        chats.read_chat(workspace, day_first=True)


# Pairs.


def talk(*said, start=datetime(2016, 9, 30, 21)):
    """Messages of (author, text, minute)."""
    return [
        Message(start.replace(hour=21 + minute // 60, minute=minute % 60), *rest) for *rest, minute in said
    ]


TALK = talk(
    ("Ada", "Ahoy!", 0),
    ("Ada", "Any\nwind?", 1),
    ("Ben", "None.", 2),
    ("Cleo", "Some.", 3),
    ("Ada", "Where?", 4),
    ("Ada", "Tell!", 59),
    ("Cleo", "Here.", 60),
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {},
            [
                ("Ahoy! Any wind?", "None."),
                ("None.", "Some."),
                ("Some.", "Where? Tell!"),
                ("Where? Tell!", "Here."),
            ],
        ),
        ({"replies_of": "Cleo"}, [("None.", "Some."), ("Where? Tell!", "Here.")]),
        (
            {"replies_of": "Cleo", "context": 3},
            [
                (f"Ahoy! Any wind?{TURN}None.", "Some."),
                (f"None.{TURN}Some.{TURN}Where? Tell!", "Here."),
            ],
        ),
        ({"replies_of": "Cleo", "join_within": 30}, [("None.", "Some."), ("Tell!", "Here.")]),
        ({"replies_of": "Ada", "join_within": 30}, [("Some.", "Where?")]),
        ({"replies_of": "Cleo", "gap": 0.5}, [("None.", "Some."), ("Tell!", "Here.")]),
    ],
)
def test_adjacent_turns_are_pairs(options, expected):
    assert chats.pairs_from(TALK, **options) == expected


def test_after_a_long_silence_a_conversation_begins():
    assert [len(part) for part in chats.conversations(TALK)] == [7]
    assert [len(part) for part in chats.conversations(TALK, gap=0.5)] == [5, 2]
    assert chats.conversations([]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replies_of": "Dora"}, "Expected replies_of among the authors Ada, Ben, Cleo; received 'Dora'"),
        ({"gap": 0}, "Expected gap above 0"),
        ({"context": 0}, "Expected context of at least 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        chats.pairs_from(TALK, **options)


# The corpus.


def chat_of_days(tmp_path, days):
    """Three messages a day, in months of 28 days."""
    lines = [
        f"{day:02}/{month:02}/2016, 21:0{minute} - {author}: {text} {day}\n"
        for month in range(1, 1 + days // 28)
        for day in range(1, 29)
        for minute, (author, text) in enumerate(
            [("Ada", "Ahoy!"), ("Ben", f"Day of {month}:"), ("Ada", "Aye.")]
        )
    ]
    return write(tmp_path, "".join(lines))


def test_a_chat_is_split_by_conversation_by_the_documented_rule(tmp_path):
    path = chat_of_days(tmp_path, 112)
    corpus = chats.load(path, replies_of="Ben")
    assert corpus.notes["conversations"] == 112 == sum(map(len, corpus.splits.values()))
    for split, pairs in corpus.splits.items():
        assert pairs
        for source, target in pairs:
            day, month = int(source.split()[-1]), int(target.split(":")[0].split()[-1])
            key = f"{datetime(2016, month, day, 21).isoformat()} {source}"
            assert split_by_hash(key, 0.1, 0.1) == split
    longer = chats.load(chat_of_days(tmp_path, 140), replies_of="Ben")
    assert all(set(pairs) <= set(longer.splits[split]) for split, pairs in corpus.splits.items())


def test_a_part_without_pairs_is_warned_of_unless_it_was_not_asked_for(tmp_path, recwarn):
    path = write(tmp_path, evening(STAMPS["iphone, german"]))
    with pytest.warns(
        UserWarning, match=r"is in train and dev; conversations: 1. A lower gap than 8"
    ) as warned:
        corpus = chats.load(path)
    assert warned[0].filename == __file__
    assert corpus.test == [
        ("Ahoy! Any wind?", "None: at 9:15 perhaps."),
        ("None: at 9:15 perhaps.", "Pity."),
    ]
    recwarn.clear()
    chats.load(path, dev=0, test=0)
    assert not recwarn.list


def test_placeholders_are_written_where_they_are_asked_for(tmp_path):
    path = write(
        tmp_path, "30/09/2016, 21:05 - Ada: Call +49 30 1234567\n30/09/2016, 21:06 - Ben: Aye, Ada.\n"
    )
    options = {"dev": 0, "test": 0}
    assert chats.load(path, **options).train == [("Call +49 30 1234567", "Aye, Ada.")]
    assert chats.load(path, **options, placeholders=True).train == [("Call <phone>", "Aye, Ada.")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.org/a?b=c, or www.example.org!", "See <url>, or <url>!"),
        ("(http://example.org)", "(<url>)"),
        ("ada.l+sails@mail.example.org wrote", "<email> wrote"),
        ("+49 (30) 123-4567, 0171 2345678.", "<phone>, <phone>."),
        ("@491701234567 knows", "@<phone> knows"),
        (
            "on 30/09/2016 or 2016-09-30 21:05, 12 of 1000000",
            "on 30/09/2016 or 2016-09-30 21:05, 12 of 1000000",
        ),
    ],
)
def test_addresses_and_numbers_are_known(text, expected):
    assert chats.with_placeholders(text) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replies_of": "Dora"}, "Expected replies_of among the authors Ada, Ben"),
        ({"dev": 0.7, "test": 0.3}, r"Expected dev below 0.7, with test=0.3"),
        ({"gap": 0.01}, "received none from 3 messages in 3 conversations"),
    ],
)
def test_a_corpus_without_pairs_says_why(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        chats.load(write(tmp_path, evening(STAMPS["iphone, german"])), **options)
