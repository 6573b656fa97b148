"""How a pipeline writes: the methods ``predict``, ``sample`` and ``log_probabilities`` of ``TextToText``."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops
from tqdm.auto import tqdm

from s2s_lesson import engine, search
from s2s_lesson.data.incoming import plain_pairs, plain_texts
from s2s_lesson.data.padding import pad
from s2s_lesson.data.prediction import Prediction, empty_prediction, read_predictions
from s2s_lesson.data.vocabulary import ExtendedVocabulary

if TYPE_CHECKING:
    from s2s_lesson.pipeline.text_to_text import TextToText


def predict(
    pipeline: "TextToText",
    texts: Sequence[str],
    beam_size: int = 5,
    n_best: int = 1,
    *,
    batch_size: int = 64,
    truncate: bool = False,
    progress: bool = False,
    **options: Any,
) -> list[Prediction]:
    """Write the likeliest output for each text.

    Args:
        pipeline: ``TextToText``.
        texts: list of str. Blank ones get a blank output.
        beam_size: int. 1 is greedy search.
        n_best: int, at most ``beam_size``. Fewer come back where fewer outputs are possible.
        batch_size: int. Texts decoded at once; it changes the speed and nothing else.
        truncate: bool. Cut texts that are too long, instead of raising an error.
        progress: bool. Show a progress bar.
        **options: of ``search.beam_search``, such as ``length_penalty``. ``Constraints`` hold texts here:
            ``prefix`` and ``required`` one for all or a list of one for each, ``forbidden`` one for all.

    Returns:
        list of ``Prediction``, one for each text, in order.

    Raises:
        TypeError: ``texts`` is one string.
        ValueError: a text is longer than ``max_source_length`` tokens and ``truncate`` is false, or an
            option is out of range.
    """
    options |= {"beam_size": beam_size, "n_best": n_best}
    return _write(pipeline, search.beam_search, texts, batch_size, truncate, progress, options)


def sample(
    pipeline: "TextToText",
    texts: Sequence[str],
    n_samples: int = 1,
    *,
    seed: int = 0,
    batch_size: int = 64,
    truncate: bool = False,
    progress: bool = False,
    **options: Any,
) -> list[Prediction]:
    """Draw outputs for each text at random.

    Args:
        pipeline: ``TextToText``.
        texts, batch_size, truncate, progress: as in ``predict``.
        n_samples: int.
        seed: int. Each text draws from ``seed`` and its place in ``texts``, whatever the batches.
        **options: of ``search.sample``, such as ``temperature``; ``Constraints`` as in ``predict``.

    Returns:
        list of ``Prediction``, one for each text, in order: the sample drawn first, the others among its
        ``alternatives``.

    Raises:
        TypeError, ValueError: as ``predict``.
    """
    options |= {"n_samples": n_samples, "seed": seed}
    return _write(pipeline, search.sample, texts, batch_size, truncate, progress, options)


def log_probabilities(
    pipeline: "TextToText", pairs: Sequence[tuple[str, str]], batch_size: int = 64
) -> list[float]:
    """Tell how likely the model finds each target, given its source and the true past of every token.

    Args:
        pipeline: ``TextToText``.
        pairs: list of (source, target) texts.
        batch_size: int. Pairs read at once; it changes the speed and nothing else.

    Returns:
        list of float, log p(target | source) in nats, the end token included, in order.

    Raises:
        ValueError: a side of a pair is empty or too long.
    """
    pairs = plain_pairs(pairs)
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
    pipeline: "TextToText",
    search: Callable,
    texts: Sequence[str],
    batch_size: int,
    truncate: bool,
    progress: bool,
    options: dict[str, Any],
) -> list[Prediction]:
    texts = plain_texts(texts)
    sources = _source_sides(pipeline, texts, truncate)
    predictions = [empty_prediction(text) for text in texts]
    full = [index for index, tokens in enumerate(sources) if tokens]
    full.sort(key=lambda index: -len(sources[index]))  # the longest first, so that threads end together
    batches = [full[start : start + batch_size] for start in range(0, len(full), batch_size)]

    def decode(rows):
        words = [ExtendedVocabulary(pipeline.target_vocab, sources[row]) for row in rows]
        result = search(
            pipeline.model.step,
            _encoded(pipeline, words),
            bos_id=pipeline.target_vocab.bos_id,
            eos_id=pipeline.target_vocab.eos_id,
            max_output_length=pipeline.max_output_length,
            return_attention=True,
            **_in_ids(pipeline, options, rows, words, len(texts)),
        )
        batch = [texts[row] for row in rows]
        return read_predictions(result, batch, words, pipeline.source_vocab, pipeline.target_tokens)

    bar = tqdm(total=len(batches), desc="decoding", disable=not progress, leave=False)
    with bar, ThreadPoolExecutor(engine.batches_at_once()) as pool:
        for rows, written in zip(batches, pool.map(decode, batches), strict=True):
            bar.update()
            for row, prediction in zip(rows, written, strict=True):
                predictions[row] = prediction
    return predictions


def _source_sides(pipeline, texts, truncate):
    """The tokens of each text: list of lists of str."""
    sources = [pipeline.source_side(text) for text in texts]
    for index, tokens in enumerate(sources):
        if len(tokens) > pipeline.max_source_length and not truncate:
            raise ValueError(
                f"Expected texts of at most {pipeline.max_source_length} tokens; text {index} has "
                f"{len(tokens)}. Shorten it, or pass truncate=True to cut it."
            )
    return [tokens[: pipeline.max_source_length] for tokens in sources]


def _encoded(pipeline, words):
    """The state before the first step."""
    source_ids = pad([pipeline.source_vocab.encode(extended.source_tokens) for extended in words])
    if not pipeline.copies:
        return pipeline.encode(source_ids)
    return pipeline.encode(source_ids, pad([extended.copy_ids() for extended in words]))


def _in_ids(pipeline, options, rows, words, count):
    """The options of a search for some of the texts, with ids in place of texts."""
    options = dict(options)
    if "seed" in options:
        options["seed"] = [[options["seed"], row] for row in rows]
    constraints = options.get("constraints")
    if constraints is None:
        return options
    vocabs = words if pipeline.copies else [pipeline.target_vocab] * len(rows)
    ids = {}
    for name in ("prefix", "required"):
        texts = getattr(constraints, name)
        texts = [texts or ""] * count if isinstance(texts, str) or not texts else texts
        if len(texts) != count:
            raise ValueError(
                f"Expected {name} as one text, or one for each of {count}; received {len(texts)}."
            )
        sides = [pipeline.target_side(texts[row]) for row in rows]
        ids[name] = [vocab.encode(side)[:-1] for vocab, side in zip(vocabs, sides, strict=True)]
    if constraints.forbidden:
        side = pipeline.target_side(constraints.forbidden)
        ids["forbidden"] = pipeline.target_vocab.encode(side)[:-1]
    options["constraints"] = replace(constraints, **ids)
    return options
