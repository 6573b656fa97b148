"""How texts are written, whatever computes the logits: ``predict`` and ``sample`` of all that can write.

Nothing here knows an engine: a ``Writer`` makes inputs of its sources, and the steps of a search.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from s2s_lesson import _extras, search
from s2s_lesson.data.constrained import constraints_in_ids
from s2s_lesson.data.expected import PositiveInt, Seed, check, checked, expect
from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.prediction import Prediction, empty_prediction, read_predictions
from s2s_lesson.data.sides import Options, Side, Source
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.search.constraints import Constraints

# Of the options of a search: those that follow from the model and its vocabularies.
DECIDED = ("step", "initial_state", "bos_id", "eos_id", "pad_id", "return_attention", "shared_leaves")


class Writer(Protocol[Source]):
    """What can write: ``data.sides.Sides`` of some kind, with a model behind them.

    Attributes:
        kind, parts, copies, target_vocab, target_tokens, max_source_length, max_output_length: as those of
            ``data.sides.Sides``, like the methods that are not told of below.

    >>> from s2s_lesson.data import TextSides, Vocabulary
    >>> class Copier(TextSides):
    ...     batches_at_once = 1
    ...
    ...     def start(self, inputs):
    ...         ids = inputs["source_ids"]
    ...         place, weights = np.zeros(len(ids), int), np.zeros(ids.shape, "float32")
    ...         return {"source_ids": ids, "place": place, "attention_weights": weights}
    ...
    ...     def step(self, token_ids, state):
    ...         ids, rows = state["source_ids"], np.arange(len(token_ids))
    ...         place = np.minimum(state["place"], ids.shape[1] - 1)
    ...         weights = np.eye(ids.shape[1], dtype="float32")[place]
    ...         logits = 5.0 * np.eye(len(self.target_vocab))[ids[rows, place]]
    ...         return logits, {**state, "place": place + 1, "attention_weights": weights}
    >>> vocab = Vocabulary("abc")
    >>> copier = Copier(vocab, vocab, source_tokens="characters", target_tokens="characters")
    >>> [prediction.text for prediction in predict(copier, ["cab", "", "bb"])]
    ['cab', '', 'bb']
    """

    kind: str
    parts: str
    copies: bool
    target_vocab: Vocabulary
    target_tokens: TokenizerName | Subwords
    max_source_length: int
    max_output_length: int

    @property
    def source_vocab(self) -> Vocabulary | None:
        """Of the source's tokens, where it has any."""

    @property
    def batches_at_once(self) -> int:
        """How many batches to decode at a time, in threads."""

    @property
    def step(self) -> Callable:
        """``step(token_ids, state) -> (logits, state)``, as ``s2s_lesson.search`` has it.

        Its state needs the leaf ``attention_weights``. Leaves that its owner names, ``shared_leaves``, are
        kept once a source.
        """

    def start(self, inputs: dict[str, np.ndarray]) -> object:
        """Encode a padded batch, as ``source_inputs`` gives it: the state of the first step."""

    def target_side(self, text: str) -> list[str]: ...
    def plain_sources(self, sources: Iterable[Source]) -> list[Source]: ...
    def source_side(self, source: Source) -> Side: ...
    def source_words(self, side: Side) -> Sequence[str]: ...
    def source_inputs(self, sides: Sequence[Side]) -> dict[str, np.ndarray]: ...


@checked
def predict(
    writer: Writer[Source],
    sources: Iterable[Source],
    beam_size: PositiveInt = 5,
    n_best: PositiveInt = 1,
    *,
    batch_size: PositiveInt = 64,
    truncate: bool = False,
    unknown: bool = False,
    progress: bool = False,
    **options: Any,
) -> list[Prediction]:
    """Write the likeliest output for each source.

    Args:
        writer: ``Writer``, such as a ``TextToText`` or a ``SequenceToText``.
        sources: list of str, or of float arrays (length, features). Blank ones get a blank output.
        beam_size: int. 1 is greedy search.
        n_best: int, at most ``beam_size``. Fewer come back where fewer outputs are possible.
        batch_size: int. Sources decoded at once; it changes the speed and nothing else.
        truncate: bool. Cut sources that are too long, instead of raising an error.
        unknown: bool. Whether outputs may hold the unknown token, ``<unk>``. False leaves it out: the
            likeliest known token is written, and log-probabilities stay the model's.
        progress: bool. Show a progress bar.
        **options: of ``search.beam_search``, such as ``length_penalty``. ``return_tree`` gives predictions
            a ``tree``; ``max_output_length`` is at most that of the writer. ``Constraints`` hold texts here:
            ``prefix`` one for all or a list of one for each; ``required`` and ``forbidden`` a phrase or a
            list of phrases for all, or a list of lists of phrases, one for each.

    Returns:
        list of ``Prediction``, one for each source, in order.

    Raises:
        TypeError: ``sources`` is one string, or holds what the writer does not read; or an option is none of
            the search, or one that the writer decides on, such as ``eos_id``.
        ValueError: a source is longer than ``max_source_length`` and ``truncate`` is false, an option is out
            of range, or constraints name a token that no output could hold.
    """
    options |= {"beam_size": beam_size, "n_best": n_best}
    return _write(writer, search.beam_search, sources, batch_size, truncate, unknown, progress, options)


@checked
def sample(
    writer: Writer[Source],
    sources: Iterable[Source],
    n_samples: PositiveInt = 1,
    *,
    seed: Seed | Sequence[Any] = 0,
    batch_size: PositiveInt = 64,
    truncate: bool = False,
    unknown: bool = False,
    progress: bool = False,
    **options: Any,
) -> list[Prediction]:
    """Draw outputs for each source at random.

    Args:
        writer: ``Writer``, such as a ``TextToText`` or a ``SequenceToText``.
        sources, batch_size, truncate, unknown, progress: as in ``predict``.
        n_samples: int.
        seed: int, or a list of one seed for each source: ints, or lists of ints. Each source draws from its
            own seed; of an int that is [``seed``, its place in ``sources``], whatever the batches.
        **options: of ``search.sample``, such as ``temperature``; ``Constraints`` as in ``predict``.

    Returns:
        list of ``Prediction``, one for each source, in order: the sample drawn first, the others among its
        ``alternatives``.

    Raises:
        TypeError, ValueError: as ``predict``.
    """
    sources = writer.plain_sources(sources)
    places = range(len(sources))
    seeds = list(seed) if isinstance(seed, Sequence) else [[seed, place] for place in places]
    if len(seeds) != len(sources):
        raise ValueError(
            f"Expected one seed, or one for each of {len(sources)} sources; received {len(seeds)}."
            " Give one number, or as many as there are sources."
        )
    options |= {"n_samples": n_samples, "seed": seeds}
    return _write(writer, search.sample, sources, batch_size, truncate, unknown, progress, options)


def _write(
    writer: Writer[Source],
    search: Callable,
    sources: Iterable[Source],
    batch_size: int,
    truncate: bool,
    unknown: bool,
    progress: bool,
    options: Options,
) -> list[Prediction]:
    _expect_options(writer, search, options)
    sources = writer.plain_sources(sources)
    constraints = options.pop("constraints", None) or Constraints()
    longest = options.pop("max_output_length", writer.max_output_length)
    sides = _source_sides(writer, sources, truncate)
    predictions = [empty_prediction(source) for source in sources]
    full = [index for index, side in enumerate(sides) if len(side)]
    full.sort(key=lambda index: -len(sides[index]))  # the longest first, so that threads end together
    batches = [full[start : start + batch_size] for start in range(0, len(full), batch_size)]
    vocab = writer.target_vocab
    words_of = [ExtendedVocabulary(vocab, writer.source_words(side)) for side in sides]
    in_ids = constraints_in_ids(constraints, writer.target_side, words_of, writer.copies)
    if not unknown:
        in_ids = in_ids._replace(forbidden=[[*phrases, [vocab.unk_id]] for phrases in in_ids.forbidden])

    def decode(rows):
        words = [words_of[row] for row in rows]
        own = {name: [ids[row] for row in rows] for name, ids in in_ids._asdict().items()}
        seed = {"seed": [options["seed"][row] for row in rows]} if "seed" in options else {}
        result = search(
            writer.step,
            writer.start(writer.source_inputs([sides[row] for row in rows])),
            bos_id=vocab.bos_id,
            eos_id=vocab.eos_id,
            pad_id=vocab.pad_id,
            max_output_length=longest,
            return_attention=True,
            constraints=replace(constraints, **own),
            **{**options, **seed},
        )
        batch = [sources[row] for row in rows]
        return read_predictions(result, batch, words, writer.source_vocab, writer.target_tokens)

    with _counter(len(batches), progress) as count, _threads(writer, len(batches)) as apply:
        for rows, written in zip(batches, apply(decode, batches), strict=True):
            count()
            for row, prediction in zip(rows, written, strict=True):
                predictions[row] = prediction
    return predictions


def _expect_options(writer, search, options):
    """Raise an error where an option is none of the search, or is set by the writer, or out of range."""
    known = list(inspect.signature(search).parameters)
    free = [name for name in known if name not in DECIDED]
    if strange := [name for name in options if name not in free]:
        decided = [name for name in strange if name in DECIDED]
        why = f"The model decides on {', '.join(decided)}: leave it out." if decided else "Leave it out."
        raise TypeError(
            f"Expected options of {search.__name__} among {', '.join(free)}; "
            f"received {', '.join(strange)}. {why}"
        )
    check(search, **options)
    longest, most = options.get("max_output_length", 1), writer.max_output_length
    expect("max_output_length", longest, longest <= most, f"of at most {most}, what the model was made for")


def _source_sides(writer, sources, truncate):
    """What the model reads of each source, cut to what it may read."""
    sides = [writer.source_side(source) for source in sources]
    for index, side in enumerate(sides):
        if len(side) > writer.max_source_length and not truncate:
            raise ValueError(
                f"Expected {writer.kind}s of at most {writer.max_source_length} {writer.parts}; "
                f"{writer.kind} {index} has {len(side)}. Shorten it, or pass truncate=True to cut it."
            )
    return [side[: writer.max_source_length] for side in sides]


@contextmanager
def _threads(writer: Writer, batches: int) -> Iterator[Callable]:
    """A function like ``map``, in threads where there are several batches for them."""
    at_once = min(writer.batches_at_once, batches)
    if at_once < 2:
        yield map
        return
    with ThreadPoolExecutor(at_once) as pool:
        yield pool.map


@contextmanager
def _counter(total: int, progress: bool) -> Iterator[Callable]:
    """A function that counts batches, on a bar where one is to be shown."""
    if not progress:
        yield lambda: None
        return
    with _extras.named():
        from tqdm.auto import tqdm

    with tqdm(total=total, desc="decoding", leave=False) as bar:
        yield bar.update
