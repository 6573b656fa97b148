"""chat: history, commands and interruptions, with a scripted pipeline, a tiny one, and a real process."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from scripted_chat import Scripted

from s2s_lesson import engine
from s2s_lesson.corpora.cornell import TURN
from s2s_lesson.data.prediction import empty_prediction, note_unknown
from s2s_lesson.pipeline import Chat, TextToText, talk
from s2s_lesson.pipeline.chat import COMMANDS, LENGTH_BONUS

FILMS = Path(__file__).parents[3] / "book" / "results" / "cornell.json"
PAIRS = [("hello there", "hi"), ("how are you", "fine thanks"), ("bye", "see you")]
SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}


class Backward:
    """Finds the text likelier the more exclamation marks the reply has."""

    max_output_length = 6

    def target_side(self, text):
        return text.split()

    def accepts(self, reply, text):
        return len(text.split()) < self.max_output_length

    def log_probabilities(self, pairs):
        return [3.0 * reply.count("!") - 50 for reply, _ in pairs]


def chatted(lines, pipeline=None, **options):
    """Hold a scripted chat: the chat, what it said but for the greeting, and what it noted."""
    said, noted, script = [], [], iter(lines)

    def read(prompt):
        assert prompt == "you: "
        line = next(script, EOFError())
        if isinstance(line, BaseException):
            raise line
        return line

    options = {"search": "beam", **options}
    chat = Chat(pipeline or Scripted(), say=said.append, note=noted.append, **options)
    talk(chat, read)
    assert "/help" in said[0]
    return chat, said[1:], noted


def test_a_reply_for_each_line_until_the_end_of_input():
    _, said, noted = chatted(["hello", " how are you "], Scripted(["hi", "fine"]))
    assert (said, noted) == (["bot: hi", "bot: fine", ""], [])


def test_quit_ends_the_chat():
    _, said, _ = chatted(["hello", "/quit", "never heard"])
    assert said == ["bot: yes"]


@pytest.mark.parametrize(
    ("context", "read"),
    [
        (1, ["a", "b", "c"]),
        (2, ["a", TURN.join("Ab"), TURN.join("Bc")]),
        (3, ["a", TURN.join("aAb"), TURN.join("bBc")]),
    ],
)
def test_the_pipeline_reads_the_last_utterances_of_both_speakers(context, read):
    pipeline = Scripted("ABC")
    chat, _, _ = chatted("abc", pipeline, context=context)
    assert pipeline.read == read
    assert chat.turns == [("you", "a"), ("bot", "A"), ("you", "b"), ("bot", "B"), ("you", "c"), ("bot", "C")]


def test_what_is_too_long_loses_its_beginning():
    pipeline = Scripted(["A B C", "D"])
    _, _, noted = chatted(["one two", "three four five", "1 2 3 4 5 6 7 8 9"], pipeline, context=3)
    assert pipeline.read[1] == f"A B C{TURN}three four five"  # 7 words, the separator among them
    assert pipeline.read[2] == "3 4 5 6 7 8 9"
    assert len(noted) == 1 and "too long" in noted[0]
    pipeline = Scripted(["A B"])
    chatted(["one two", "1 2 3 4 5 6"], pipeline, context=3)
    assert pipeline.read[1] == "1 2 3 4 5 6"  # no separator is left in front


def test_a_text_without_blanks_is_cut_too():
    class Characters(Scripted):
        def source_length(self, text):
            return len(text)

    pipeline = Characters()
    chatted(["abcdefghij", "a bcdefghi"], pipeline)
    assert pipeline.read == ["defghij", "cdefghi"]


def test_best_shows_more_replies_with_their_log_probabilities():
    pipeline = Scripted()
    lines = ["a", "/best 3", "b", "/best none", "/best 0", "/best", "/best 1", "c", "/best 9", "d"]
    _, said, noted = chatted(lines, pipeline)
    assert said[:4] == ["bot: yes", "bot: -1.000  yes", "     -2.000  yes!", "     -3.000  yes!!"]
    assert said[4] == "bot: yes"
    assert [asked["n_best"] for asked in pipeline.asked] == [1, 3, 1, 9]
    assert [asked["beam_size"] for asked in pipeline.asked] == [5, 5, 5, 9]
    assert len(noted) == 3 and all("Expected /best N" in remark for remark in noted)


def test_options_reach_search_and_sampling():
    pipeline = Scripted()
    chatted("ab", pipeline, search="sample", seed=11, temperature=0.5)
    assert pipeline.asked == [
        {"n_samples": 1, "seed": 11, "temperature": 0.5},
        {"n_samples": 1, "seed": 13, "temperature": 0.5},
    ]
    chatted("a", pipeline, beam_size=3, length_penalty=1.0)
    assert pipeline.asked[2] == {"beam_size": 3, "n_best": 1, "length_penalty": 1.0}


def test_what_is_drawn_for_information_is_drawn_as_it_says():
    for options, drawn in (({}, (20, 0.7)), ({"candidates": 7, "temperature": 1.2}, (7, 1.2))):
        pipeline = Judging()
        chatted(["one"], pipeline, search="information", seed=3, **options)
        assert [tuple(asked.values()) for asked in pipeline.asked] == [(drawn[0], 3, drawn[1])]


class Judging(Scripted):
    """Finds a reply the likelier anyhow the fewer exclamation marks it has, and reads no full stop."""

    def accepts(self, text, reply):
        return text == "hello"

    def log_probabilities(self, pairs):
        return [-3.0 * reply.count("!") for _, reply in pairs]


@pytest.mark.parametrize("backward", [None, Backward()])
def test_said_is_what_has_most_to_do_with_the_text(backward):
    """Each exclamation mark is a nat less likely, and 3 nats, halved, more telling."""
    pipeline = Judging() if backward is None else Scripted()
    lines = ["one", "/best 2", "1 2 3 4 5 6 7"]
    _, said, noted = chatted(lines, pipeline, search="information", backward=backward, candidates=3)
    assert said[:3] == ["bot: yes!!", "bot: -3.000  yes!!", "     -2.000  yes!"]
    assert {asked["n_samples"] for asked in pipeline.asked} == {3}
    if backward:
        assert pipeline.read[1] == "3 4 5 6 7"  # as much as the backward pipeline can write
        assert len(noted) == 1 and "too long" in noted[0]


def test_history_and_forget():
    pipeline = Scripted("AB")
    chat, said, _ = chatted(["a", "/history", "/forget", "/history", "b"], pipeline, context=3)
    assert said == ["bot: A", "you: a", "bot: A", "bot: B", ""]
    assert pipeline.read == ["a", "b"]
    assert chat.turns == [("you", "b"), ("bot", "B")]


def test_help_names_every_command_and_others_are_refused():
    _, said, noted = chatted(["/help", "/dance now", "/"])
    assert all(any(command in line for line in said) for command in COMMANDS)
    assert [remark.split("received ")[1] for remark in noted] == ["/dance. See /help.", "/. See /help."]


def test_plot_draws_the_last_reply():
    drawn = []
    lines = ["/plot a.png", "hello", "/plot", "/plot my file.png"]
    chat, said, noted = chatted(lines, plot=lambda *given: drawn.append(given))
    assert drawn == [(chat.last, "my file.png")]
    assert "The plot is in my file.png." in said
    assert len(noted) == 2 and all("Expected /plot FILE, after a reply" in remark for remark in noted)
    _, _, noted = chatted(["hello", "/plot a.png"])
    assert noted == ["Expected a chat that can plot; received /plot a.png. See /help."]


def test_a_plot_that_fails_does_not_end_the_chat():
    def fails(prediction, path):
        raise OSError("disk full")

    _, said, noted = chatted(["hello", "/plot a.png", "hello"], plot=fails)
    assert noted == ["OSError: disk full"]
    assert said.count("bot: yes") == 2


def test_more_replies_than_the_memory_has_room_for_end_no_chat():
    answers = [MemoryError("Unable to allocate 112 GiB."), "yes", ValueError("Expected a beam of one.")]
    chat, said, noted = chatted(["/best 99999", "hello", "hello"], Scripted(answers))
    assert noted == ["note: Unable to allocate 112 GiB. From now on one reply is shown again."]
    assert said[0] == "bot: yes" and chat.n_best == 1 and len(chat.turns) == 2
    with pytest.raises(ValueError, match="Expected a beam of one"):
        chat.hear("hello")


def test_blank_lines_ask_for_words():
    _, said, noted = chatted(["", " \t", "..."])
    assert said == ["bot: ", ""]
    assert [remark.split(".")[0] for remark in noted] == [
        "note: that was blank", "note: that was blank", "note: nothing of that can be read",
    ]  # fmt: skip


def test_unknown_words_are_noted_once_in_one_line():
    pipeline = Scripted(unknown=["zyx", "wvu", "tsr"])
    _, _, noted = chatted(["zyx wvu zyx", "wvu", "tsr wvu"], pipeline, context=3)
    prefix = "note: not in the vocabulary, read as unknown: "
    assert noted == [f"{prefix}zyx, wvu", f"{prefix}tsr"]
    assert note_unknown(empty_prediction(""), set()) is None


def test_ctrl_c_stops_a_reply_and_the_chat_goes_on():
    pipeline = Scripted([KeyboardInterrupt(), "here"])
    chat, said, noted = chatted(["a", "b"], pipeline, context=3)
    assert said == ["bot: here", ""]
    assert len(noted) == 1 and "stopped" in noted[0]
    assert chat.turns == [("you", "b"), ("bot", "here")]


def test_ctrl_c_twice_at_the_prompt_ends_the_chat():
    stop = KeyboardInterrupt
    _, said, noted = chatted([stop(), "a", stop(), stop(), "never heard"])
    assert [line for line in said if line] == ["bot: yes"]
    assert noted == ["note: Ctrl-C once more ends the chat."] * 2


def test_options_out_of_range_are_an_error():
    with pytest.raises(ValueError, match="Expected context of at least 1; received 0"):
        Chat(Scripted(), context=0)
    with pytest.raises(ValueError, match="Expected temperature of at least 0; received -1"):
        Chat(Scripted(), temperature=-1)
    with pytest.raises(ValueError, match="Expected length_penalty of at least 0; received -1"):
        Chat(Scripted(), search="beam", length_penalty=-1)
    for search in ("beam", "sample"):
        with pytest.raises(
            ValueError, match=f'Expected length_bonus None with search="{search}"; received 2'
        ):
            Chat(Scripted(), search=search, length_bonus=2.0)
        with pytest.raises(ValueError, match=f'Expected backward None with search="{search}"; received'):
            Chat(Scripted(), search=search, backward=Backward())


@pytest.fixture(scope="module")
def pipeline():
    engine.seed_everything(3)
    words = {"source_tokens": "casual", "target_tokens": "casual"}
    return TextToText.from_pairs(PAIRS, max_source_length=5, max_output_length=7, **words, **SIZES)


def test_a_real_pipeline_answers_as_predict_does(pipeline, capsys, uncompiled):
    chat = Chat(pipeline, context=3, search="beam", beam_size=3, length_penalty=1.0)
    chat.hear("/best 2")
    assert chat.hear("Hello xyzzy")
    first, second = capsys.readouterr().out.splitlines()
    best = pipeline.predict(["Hello xyzzy"], 3, 2, length_penalty=1.0)[0]
    expected = [(reply.log_probability, reply.text) for reply in (best, *best.alternatives)]
    shown = [line[5:].split("  ", 1) for line in (first, second)]
    assert [(float(number), text) for number, text in shown] == [
        (pytest.approx(number, abs=1e-3), text) for number, text in expected
    ]
    assert chat.hear("how are you " * 50)
    assert "too long" in capsys.readouterr().err
    assert len(chat.last.source_tokens) == 5 + 1


@pytest.mark.parametrize("backward", [False, True])
def test_a_real_pipeline_samples_and_is_reranked(pipeline, uncompiled, backward):
    options = {"seed": 5, "backward": pipeline if backward else None, "candidates": 7, "top_p": 0.9}
    replies = [Chat(pipeline, **options).reply("hello there") for _ in "ab"]
    written = [[(one.text, one.score) for one in (best, *best.alternatives)] for best in replies]
    assert written[0] == written[1] and len(written[0]) == 7
    scores = [score for _, score in written[0]]
    assert scores == sorted(scores, reverse=True)


# Ctrl-C reaches such a process even where this one ignores it, and so its children would.
INTERRUPTIBLE = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "


@pytest.mark.slow(guard="tests/package/pipeline/test_chat.py::test_ctrl_c_twice_at_the_prompt_ends_the_chat")
def test_a_process_is_left_by_ctrl_c_twice():
    """With a scripted pipeline: no engine is loaded."""
    code = "from scripted_chat import Scripted; from s2s_lesson.pipeline import Chat, talk; "
    leave_by_ctrl_c_twice(code + "talk(Chat(Scripted(unknown=['xyzzy']), search='beam'))")


@pytest.mark.slow(guard="tests/package/pipeline/test_chat.py::test_ctrl_c_twice_at_the_prompt_ends_the_chat")
def test_a_process_with_a_real_pipeline_is_left_by_ctrl_c_twice(pipeline, tmp_path):
    pipeline.save(tmp_path)
    code = "from s2s_lesson.__main__ import main; sys.exit(main(sys.argv[1:]))"
    leave_by_ctrl_c_twice(code, "chat", str(tmp_path))


def leave_by_ctrl_c_twice(code, *arguments):
    """Chat in a process of its own, and press Ctrl-C while it waits for a line."""
    command = [sys.executable, "-c", INTERRUPTIBLE + code, *arguments]
    path = os.pathsep.join(filter(None, sys.path))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        watch = threading.Timer(300, process.kill)
        watch.start()
        try:
            process.stdin.write("hello xyzzy\n/best 2\n/history\n")
            process.stdin.flush()
            out = read_until(process.stdout, "you: hello xyzzy\nbot: ")
            read_until(process.stdout, "you: ")
            interrupt(process)
            noted = read_until(process.stderr, "once more ends the chat.\n")
            process.stdin.write("bye\n")
            process.stdin.flush()
            assert "bot: -" in read_until(process.stdout, "     -")
            read_until(process.stdout, "you: ")
            interrupt(process)
            read_until(process.stderr, "once more ends the chat.\n")
            interrupt(process)
            assert process.wait() == 0
        finally:
            watch.cancel()
            process.kill()
    assert out.count("bot: ") == 2
    assert noted.count("xyzzy") == 1
    assert "Traceback" not in noted


def interrupt(process):
    """Press Ctrl-C once the process waits for a line: a signal just before that is noticed only after it."""
    time.sleep(1)
    process.send_signal(signal.SIGINT)


def read_until(stream, marker):
    """Read up to a marker, or to the end: str."""
    read = ""
    while not read.endswith(marker):
        character = stream.read(1)
        assert character, f"Expected {marker!r}; received {read!r} and the end."
        read += character
    return read


@pytest.mark.parametrize("search", ["information", "beam", "sample"])
def test_the_unknown_token_is_never_said_unless_it_is_allowed(uncompiled, search):
    """Its logit is by far the highest here."""
    engine.seed_everything(5)
    pipeline = TextToText.from_pairs(PAIRS, **SIZES)
    bias = pipeline.model.decoder.output_layer.bias
    bias.assign(bias + 30.0 * (np.arange(bias.shape[0]) == pipeline.target_vocab.unk_id))
    chat = Chat(pipeline, search=search, beam_size=2)
    chat.n_best = 2
    replies = [chat.reply(line) for line in ("hello", "bye")]
    tokens = {token for best in replies for one in (best, *best.alternatives) for token in one.tokens}
    assert tokens and "<unk>" not in tokens
    allowed = Chat(pipeline, search=search, unknown=True).reply("hello")
    assert set(allowed.tokens) == {"<unk>"}


class LongWinded(Scripted):
    """Of its replies each is a token longer and a nat less likely than the one before."""

    def _answer(self, source, count):
        (best,) = super()._answer(source, count)
        replies = [
            dataclasses.replace(reply, tokens=("word",) * (place + 1), alternatives=())
            for place, reply in enumerate((best, *best.alternatives))
        ]
        return [dataclasses.replace(replies[0], alternatives=tuple(replies[1:]))]


class Indifferent(Backward):
    def log_probabilities(self, pairs):
        return [-50.0 for _ in pairs]


def test_what_information_chooses_is_paid_by_the_token():
    for options, answer in ({}, "bot: yes!!"), ({"length_bonus": 0.0}, "bot: yes"):
        options = {"search": "information", "backward": Indifferent(), "candidates": 3, **options}
        _, said, _ = chatted(["hello"], LongWinded(), **options)
        assert said[0] == answer
    films = json.loads(FILMS.read_text(encoding="utf-8"))["figures"]["default"]
    assert round(films["chosen_on_dev"]["length_bonus"]["mean"], 1) == LENGTH_BONUS["backward"]
