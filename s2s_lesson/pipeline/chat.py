"""Chat: talk with a pipeline, line by line, with what was said before as context."""

import bisect
import sys
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from s2s_lesson.corpora.cornell import TURN
from s2s_lesson.data.expected import FiniteFloat, PositiveInt, Seed, check, checked, expect
from s2s_lesson.data.incoming import plain_texts
from s2s_lesson.data.prediction import Prediction, note_unknown
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.search import beam_search, sample
from s2s_lesson.search.reranking import rerank_replies

Search: TypeAlias = Literal["information", "beam", "sample"]
TEMPERATURE = 0.7  # of candidates
LENGTH_BONUS = {"prior": 1.4, "backward": 2.3}  # nats a token: replies as long as people's, on development
COMMANDS = {
    "/help": "show these commands",
    "/best N": "show N replies from now on, each with its log-probability in nats",
    "/plot FILE": "draw the attention of the last reply to a .png, .svg or .pdf file",
    "/history": "show the conversation so far",
    "/forget": "begin a new conversation",
    "/quit": "end the chat; so does Ctrl-D",
}


class Chat:
    """A conversation with a pipeline: what was said so far, and how the replies to it are chosen.

    Args:
        pipeline: ``TextToText``.
        context: int. The last so many utterances, of both speakers, are what the pipeline reads; 1 if it was
            trained on pairs of utterances.
        search: how a reply is chosen. "information": several are drawn at random, and the one is said that
            has most to do with what was said to it, see ``search.rerank_replies``. "beam": the likeliest
            that a beam search finds, which is often one that fits nearly anything. "sample": one is drawn.
        candidates: int. So many replies are drawn for "information".
        beam_size: int. Hypotheses kept at every step by "beam".
        seed: int, of what is drawn.
        backward: ``TextToText`` that was trained on the pairs turned round, or None. "information" asks it
            how well the text can be told from a reply; without it, it asks ``pipeline`` how likely a reply
            is anyhow.
        length_bonus: float, in nats a token of the reply, for "information". None takes 1.4, and 2.3 with
            ``backward``: with these the replies of the shipped model of small talk, and of the preset for
            films, are as long as people's, on development pairs.
        plot: ``plot(prediction, path)``, which draws attention to a file; None where nothing can be drawn.
        say: function of str that shows a line of the conversation; None prints it.
        note: function of str that shows a remark about it; None prints it to standard error.
        **options: of ``TextToText.predict`` for "beam", such as ``length_penalty``; else of its ``sample``,
            whose ``temperature`` is 0.7 for "information" where it is not given.

    Raises:
        ValueError: an option is out of range, or is of another way to choose.

    >>> from s2s_lesson.pipeline import Chat, pretrained
    >>> chat = Chat(pretrained("pronunciations"), search="beam", beam_size=2)
    >>> chat.hear("cat")
    bot: K AE T
    True
    >>> chat.hear("/quit")
    False
    """

    @checked
    def __init__(
        self,
        pipeline: TextToText,
        *,
        context: PositiveInt = 1,
        search: Search = "information",
        candidates: PositiveInt = 20,
        beam_size: PositiveInt = 5,
        seed: Seed = 0,
        backward: TextToText | None = None,
        length_bonus: FiniteFloat | None = None,
        plot: Callable | None = None,
        say: Callable | None = None,
        note: Callable | None = None,
        **options: Any,
    ):
        check(beam_search if search == "beam" else sample, **options)
        informed = search == "information"
        expect("backward", backward, informed or backward is None, f'None with search="{search}"')
        expect("length_bonus", length_bonus, informed or length_bonus is None, f'None with search="{search}"')
        self.pipeline, self.backward, self.context, self.search = pipeline, backward, context, search
        self.candidates, self.beam_size, self.seed = candidates, beam_size, seed
        self.by: Literal["prior", "backward"] = "prior" if backward is None else "backward"
        self.length_bonus = LENGTH_BONUS[self.by] if length_bonus is None else length_bonus
        self.options = {"temperature": TEMPERATURE, **options} if informed else options
        self.plot, self.say, self.note = plot, say or _say, note or _note
        self.turns: list[tuple[str, str]] = []
        self.last: Prediction | None = None
        self.n_best, self.noted = 1, set[str]()

    def hear(self, line: str) -> bool:
        """Answer a line, or do what it says.

        Args:
            line: str. An utterance, or one of ``COMMANDS``.

        Returns:
            bool. False where it ends the chat.
        """
        line = line.strip()
        if line.startswith("/"):
            return self._obey(*line.split(maxsplit=1))
        if not line:
            self.note("note: that was blank. Say something in words, or /help.")
            return True
        try:
            plain_texts([line])
        except ValueError:
            self.note("note: that holds half a character, or bytes that are no text. Say it in whole ones.")
            return True
        try:
            best = self.reply(line)
        except (MemoryError, ValueError) as error:
            if self.n_best == 1:
                raise
            self.n_best = 1
            self.note(f"note: {error} From now on one reply is shown again.")
            return True
        shown = list({reply.text: reply for reply in (best, *best.alternatives)}.values())
        for place, reply in enumerate(shown[: self.n_best]):
            number = f"{reply.log_probability:.3f}  " if self.n_best > 1 else ""
            self.say(f"{'     ' if place else 'bot: '}{number}{reply.text}")
        return True

    def reply(self, text: str) -> Prediction:
        """Reply to an utterance, and keep both.

        Args:
            text: str.

        Returns:
            ``Prediction``, with ``n_best - 1`` alternatives or more, where so many are possible.
        """
        (text,) = plain_texts([text])
        if not self._fits(text):
            self.note("note: that is too long to read; only the end of it was read.")
        source = self._source([*(said for _, said in self.turns), text])
        if self.search == "beam":
            beam_size = max(self.beam_size, self.n_best)
            (best,) = self.pipeline.predict([source], beam_size, self.n_best, truncate=True, **self.options)
        else:
            count = max(self.candidates, self.n_best) if self.search == "information" else self.n_best
            seed = self.seed + len(self.turns)
            (best,) = self.pipeline.sample([source], count, seed=seed, truncate=True, **self.options)
        if self.search == "information":
            judge = self.pipeline if self.backward is None else self.backward
            (best,) = rerank_replies([best], judge, by=self.by, length_bonus=self.length_bonus)
        if not best.tokens:
            self.note("note: nothing of that can be read. Say it in other words.")
        if remark := note_unknown(best, self.noted):
            self.note(remark)
        self.turns += [("you", text), ("bot", best.text)]
        self.last = best
        return best

    def _source(self, utterances):
        """What the pipeline reads: the last utterances, without their beginning where they are too long."""
        text = TURN.join(filter(None, utterances[-self.context :]))
        if self._fits(text):
            return text
        start = bisect.bisect_left(range(len(text)), True, key=lambda place: self._fits(text[place:]))
        rest = text[start:]
        if not text[start - 1].isspace() and " " in rest:  # the cut went through a word
            rest = rest.partition(" ")[2]
        return rest.strip().removeprefix(TURN.strip()).strip()

    def _fits(self, text):
        """Whether the pipeline can read a text, and the backward one write it."""
        if self.pipeline.source_length(text) > self.pipeline.max_source_length:
            return False
        backward = self.backward
        return backward is None or len(backward.target_side(text)) < backward.max_output_length

    def _obey(self, name, argument=""):
        if name == "/help":
            for command, meaning in COMMANDS.items():
                self.say(f"{command:12}{meaning}")
        elif name == "/best":
            if argument.isdecimal() and int(argument) > 0:
                self.n_best = int(argument)
            else:
                self.note(f"Expected /best N, with N of at least 1; received {argument!r}. Write a number.")
        elif name == "/plot":
            self._plot(argument)
        elif name == "/history":
            for speaker, text in self.turns:
                self.say(f"{speaker}: {text}")
        elif name == "/forget":
            self.turns, self.last = [], None
        elif name != "/quit":
            self.note(f"Expected one of {', '.join(COMMANDS)}; received {name}. See /help.")
        return name != "/quit"

    def _plot(self, path):
        if self.plot is None or self.last is None or not path:
            wanted = "/plot FILE, after a reply" if self.plot else "a chat that can plot"
            self.note(f"Expected {wanted}; received {f'/plot {path}'.rstrip()}. See /help.")
            return
        try:
            self.plot(self.last, path)
        except (ImportError, OSError, ValueError) as error:
            self.note(f"{type(error).__name__}: {error}")
        else:
            self.say(f"The plot is in {path}.")


def talk(chat: Chat, read: Callable = input) -> None:
    """Hold a chat until it is left: by /quit, by Ctrl-D, or by Ctrl-C twice. Ctrl-C also stops a reply.

    Args:
        chat: ``Chat``.
        read: ``read(prompt)`` -> str; raises ``EOFError`` where nothing follows.
    """
    chat.say("Say something, or /help. Ctrl-D ends the chat.")
    leaving = False
    while True:
        try:
            line = read("you: ")
        except EOFError:
            chat.say("")
            return
        except KeyboardInterrupt:
            chat.say("")
            if leaving:
                return
            chat.note("note: Ctrl-C once more ends the chat.")
            leaving = True
            continue
        leaving = False
        try:
            if not chat.hear(line):
                return
        except KeyboardInterrupt:
            chat.note("\nnote: stopped. Go on, or end the chat with /quit.")


def _say(line):
    print(line, flush=True)


def _note(line):
    print(line, file=sys.stderr, flush=True)
