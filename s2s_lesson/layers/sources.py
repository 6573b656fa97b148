"""What an encoder reads: sequences of ids, or of vectors."""

import keras
from keras import layers, ops

from s2s_lesson.engine import Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.embeddings import token_embedding
from s2s_lesson.layers.masks import padding_mask


def source_embedding(config: Seq2SeqConfig) -> keras.layers.Layer:
    """What makes a vector of ``embedding_dim`` numbers of each source position.

    Args:
        config: ``Seq2SeqConfig``: ``source_vocab_size``, ``source_features``, ``embedding_dim``,
            ``frozen_embeddings``; ``shared_embedding`` with ``tied_output``.

    Returns:
        An embedding of ids, or a dense layer without activation where sources are vectors.
    """
    if config.source_vocab_size is not None:
        tied = config.shared_embedding and config.tied_output
        frozen = config.frozen_embeddings in ("source", "both")
        return token_embedding(config.source_vocab_size, config.embedding_dim, tied, frozen)
    return layers.Dense(config.embedding_dim)


def expect_source(source: Tensor, features: int | None) -> None:
    """Make sure that a source is of the kind that a model reads.

    Args:
        source: array or tensor.
        features: int, of vectors; None where the model reads ids.

    Raises:
        ValueError: it is none of that kind.
    """
    if features is not None:
        expect_vectors(source, features)
        return
    if len(source.shape) != 2:
        raise ValueError(
            f"Expected source_ids of shape (batch, source_length); received {tuple(source.shape)}. "
            "A model reads vectors where its Seq2SeqConfig has source_features."
        )


def expect_vectors(source_vectors: Tensor, features: int) -> None:
    """Make sure that vectors have the shape that a model reads.

    Args:
        source_vectors: array or tensor.
        features: int. Numbers in a vector.

    Raises:
        ValueError: they have another shape.
    """
    shape = tuple(source_vectors.shape)
    if len(shape) != 3 or shape[-1] != features:
        raise ValueError(
            f"Expected source_vectors of shape (batch, source_length, {features}); received {shape}. "
            "Give single numbers an axis of length 1; a model for ids has a source_vocab_size."
        )


def vectors_mask(source_vectors: Tensor, source_mask: Tensor | None) -> Tensor:
    """The mask of vectors, which do not tell by themselves what is padding.

    Args:
        source_vectors: float (batch, source_length, features).
        source_mask: bool (batch, source_length); True = real vector. None where all are.

    Returns:
        bool (batch, source_length).

    Raises:
        ValueError: the mask has another shape.
    """
    shape = tuple(source_vectors.shape)[:2]
    if source_mask is None:
        return ops.ones(ops.shape(source_vectors)[:2], "bool")
    both = zip(source_mask.shape, shape, strict=True) if len(source_mask.shape) == 2 else [(0, 1)]
    if any(size != expected for size, expected in both if None not in (size, expected)):
        raise ValueError(
            f"Expected a source_mask of shape {shape}, as the source_vectors have it; "
            f"received {tuple(source_mask.shape)}."
            " Give a mask for each time step of each row."
        )
    return ops.cast(source_mask, "bool")


def source_mask_of(source: Tensor, source_mask: Tensor | None, features: int | None) -> Tensor:
    """The mask of a source: ids tell themselves what is padding, and of vectors it is given.

    Args:
        source: int (batch, source_length), padded with 0; or float (batch, source_length, features).
        source_mask: bool (batch, source_length), of vectors alone; see ``vectors_mask``.
        features: int, of vectors; None where the source is ids.

    Returns:
        bool (batch, source_length); True = real token or vector.

    Raises:
        ValueError: the source is not of its kind, or there is a mask beside ids.
    """
    expect_source(source, features)
    if features is not None:
        return vectors_mask(source, source_mask)
    if source_mask is not None:
        raise ValueError(
            "Expected no source_mask beside source_ids, in which 0 is padding; received one. Leave it out."
        )
    return padding_mask(source)
