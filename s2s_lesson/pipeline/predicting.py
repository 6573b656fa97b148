"""How a pipeline writes: the methods ``predict``, ``sample`` and ``log_probabilities`` of ``ToText``."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops
from tqdm.auto import tqdm

from s2s_lesson import engine, search
from s2s_lesson.data.constrained import constraints_in_ids
from s2s_lesson.data.expected import PositiveInt, Seed, check, checked
from s2s_lesson.data.prediction import Prediction, empty_prediction, read_predictions
from s2s_lesson.data.vocabulary import ExtendedVocabulary
from s2s_lesson.search.constraints import Constraints

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.pipeline.to_text import ToText


@checked
def predict(
    pipeline: "ToText[Source]",
    sources: Iterable["Source"],
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
        pipeline: ``TextToText`` or ``SequenceToText``.
        sources: list of str, or of float arrays (length, features). Blank ones get a blank output.
        beam_size: int. 1 is greedy search.
        n_best: int, at most ``beam_size``. Fewer come back where fewer outputs are possible.
        batch_size: int. Sources decoded at once; it changes the speed and nothing else.
        truncate: bool. Cut sources that are too long, instead of raising an error.
        unknown: bool. Whether outputs may hold the unknown token, ``<unk>``. False leaves it out: the
            likeliest known token is written, and log-probabilities stay the model's.
        progress: bool. Show a progress bar.
        **options: of ``search.beam_search``, such as ``length_penalty``. ``Constraints`` hold texts here:
            ``prefix`` one for all or a list of one for each; ``required`` and ``forbidden`` a phrase or a
            list of phrases for all, or a list of lists of phrases, one for each.

    Returns:
        list of ``Prediction``, one for each source, in order.

    Raises:
        TypeError: ``sources`` is one string, or holds what the pipeline does not read.
        ValueError: a source is longer than ``max_source_length`` and ``truncate`` is false, an option is out
            of range, or constraints name a token that no output could hold.
    """
    options |= {"beam_size": beam_size, "n_best": n_best}
    return _write(pipeline, search.beam_search, sources, batch_size, truncate, unknown, progress, options)


@checked
def sample(
    pipeline: "ToText[Source]",
    sources: Iterable["Source"],
    n_samples: PositiveInt = 1,
    *,
    seed: Seed = 0,
    batch_size: PositiveInt = 64,
    truncate: bool = False,
    unknown: bool = False,
    progress: bool = False,
    **options: Any,
) -> list[Prediction]:
    """Draw outputs for each source at random.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        sources, batch_size, truncate, unknown, progress: as in ``predict``.
        n_samples: int.
        seed: int. Each source draws from ``seed`` and its place in ``sources``, whatever the batches.
        **options: of ``search.sample``, such as ``temperature``; ``Constraints`` as in ``predict``.

    Returns:
        list of ``Prediction``, one for each source, in order: the sample drawn first, the others among its
        ``alternatives``.

    Raises:
        TypeError, ValueError: as ``predict``.
    """
    options |= {"n_samples": n_samples, "seed": seed}
    return _write(pipeline, search.sample, sources, batch_size, truncate, unknown, progress, options)


@checked
def log_probabilities(
    pipeline: "ToText[Source]", pairs: Iterable[tuple["Source", str]], batch_size: PositiveInt = 64
) -> list[float]:
    """Tell how likely the model finds each target, given its source and the true past of every token.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        pairs: (source, target) pairs, as for ``fit``.
        batch_size: int. Pairs read at once; it changes the speed and nothing else.

    Returns:
        list of float, log p(target | source) in nats, the end token included, in order.

    Raises:
        ValueError: a side of a pair is empty or too long.
    """
    pairs = pipeline.plain_pairs(pairs)
    for index, (source, target) in enumerate(pairs):
        if not pipeline.accepts(source, target):
            lengths = pipeline.source_length(source), len(pipeline.target_side(target))
            raise ValueError(
                f"Expected pairs of 1 to {pipeline.max_source_length} source tokens and 1 to "
                f"{pipeline.max_output_length - 1} target tokens; pair {index} has {lengths[0]} and "
                f"{lengths[1]}. Leave out the pairs that accepts() refuses."
            )
    if not pairs:
        return []
    batches = pipeline.batches(pairs, batch_size)
    sums = np.zeros(len(pairs))
    for index in range(len(batches)):
        sums[batches.rows(index)] = ops.convert_to_numpy(pipeline.score(*batches[index]))
    return sums.tolist()


def _write(
    pipeline: "ToText[Source]",
    search: Callable,
    sources: Iterable["Source"],
    batch_size: int,
    truncate: bool,
    unknown: bool,
    progress: bool,
    options: dict[str, Any],
) -> list[Prediction]:
    check(search, **options)
    sources = pipeline.plain_sources(sources)
    constraints = options.pop("constraints", None) or Constraints()
    sides = _source_sides(pipeline, sources, truncate)
    predictions = [empty_prediction(source) for source in sources]
    full = [index for index, side in enumerate(sides) if len(side)]
    full.sort(key=lambda index: -len(sides[index]))  # the longest first, so that threads end together
    batches = [full[start : start + batch_size] for start in range(0, len(full), batch_size)]
    vocab = pipeline.target_vocab
    words_of = [ExtendedVocabulary(vocab, pipeline.source_words(side)) for side in sides]
    in_ids = constraints_in_ids(constraints, pipeline.target_side, words_of, pipeline.copies)
    if not unknown:
        in_ids = in_ids._replace(forbidden=[[*phrases, [vocab.unk_id]] for phrases in in_ids.forbidden])

    def decode(rows):
        words = [words_of[row] for row in rows]
        own = {name: [ids[row] for row in rows] for name, ids in in_ids._asdict().items()}
        seed = {"seed": [[options["seed"], row] for row in rows]} if "seed" in options else {}
        result = search(
            pipeline.model.step,
            pipeline.encode(pipeline.source_inputs([sides[row] for row in rows])),
            bos_id=vocab.bos_id,
            eos_id=vocab.eos_id,
            pad_id=vocab.pad_id,
            max_output_length=pipeline.max_output_length,
            return_attention=True,
            constraints=replace(constraints, **own),
            **{**options, **seed},
        )
        batch = [sources[row] for row in rows]
        return read_predictions(result, batch, words, pipeline.source_vocab, pipeline.target_tokens)

    bar = tqdm(total=len(batches), desc="decoding", disable=not progress, leave=False)
    with bar, ThreadPoolExecutor(engine.batches_at_once()) as pool:
        for rows, written in zip(batches, pool.map(decode, batches), strict=True):
            bar.update()
            for row, prediction in zip(rows, written, strict=True):
                predictions[row] = prediction
    return predictions


def _source_sides(pipeline, sources, truncate):
    """What the model reads of each source, cut to what it may read."""
    sides = [pipeline.source_side(source) for source in sources]
    for index, side in enumerate(sides):
        if len(side) > pipeline.max_source_length and not truncate:
            raise ValueError(
                f"Expected {pipeline.kind}s of at most {pipeline.max_source_length} {pipeline.parts}; "
                f"{pipeline.kind} {index} has {len(side)}. Shorten it, or pass truncate=True to cut it."
            )
    return [side[: pipeline.max_source_length] for side in sides]
