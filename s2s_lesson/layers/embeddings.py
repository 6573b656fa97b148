"""Embeddings of ids, and the output layer that shares the table of one."""

import keras
from keras import initializers, layers, ops

from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TiedEmbedding(layers.Embedding):
    """An embedding whose table E, (vocab_size, width), serves ``TiedOutput`` as well.

    embedded[i] = sqrt(width) E[i]

    What reads vectors wants entries of variance 1, and logits that are products with vectors of such entries
    would begin with a variance of ``width``: far too large. So the table begins with entries of variance
    1 / width, and what is looked up is multiplied by sqrt(width).

    Source: Vaswani et al. 2017, section 3.4, arXiv:1706.03762.

    >>> from keras import ops
    >>> from s2s_lesson.layers import TiedEmbedding
    >>> embedding = TiedEmbedding(7, 4, embeddings_initializer="ones")
    >>> ops.convert_to_numpy(embedding(ops.array([3]))).tolist()
    [[2.0, 2.0, 2.0, 2.0]]
    """

    @property
    def scale(self) -> float:
        """What the table's entries are multiplied by where they are looked up."""
        return self.output_dim**0.5

    def call(self, inputs: Tensor) -> Tensor:
        """Look ids up: int (...) -> float (..., width)."""
        return super().call(inputs) * self.scale


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TiedOutput(layers.Layer):
    """An output layer whose kernel is the table E of an embedding, turned round.

    logits = attended E^T + b      where ``attended`` is as wide as the table
    logits = (attended P) E^T + b  where it is not, with a projection P, (units, width), that is learned

    Args:
        embedding: ``TiedEmbedding``.

    Sources: Press and Wolf 2017, arXiv:1608.05859, whose projection P goes without their penalty here; Inan
    et al. 2017, arXiv:1611.01462.

    >>> from keras import ops
    >>> from s2s_lesson.layers import TiedEmbedding, TiedOutput
    >>> output_layer = TiedOutput(TiedEmbedding(7, 3))
    >>> tuple(output_layer(ops.ones((2, 5))).shape), [tuple(w.shape) for w in output_layer.weights]
    ((2, 7), [(7,), (7, 3), (5, 3)])
    """

    def __init__(self, embedding: TiedEmbedding):
        super().__init__()
        self.embedding = embedding
        self.projection: layers.Dense | None = None

    def build(self, inputs_shape: Shape) -> None:
        """Make the bias, and the projection where one is needed."""
        if not self.embedding.built:
            self.embedding.build(None)
        self.bias = self.add_weight(shape=(self.embedding.input_dim,), initializer="zeros", name="bias")
        width = self.embedding.output_dim
        if inputs_shape[-1] != width:
            self.projection = layers.Dense(width, use_bias=False, name="projection")
            self.projection.build(inputs_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Score the vocabulary: float (..., units) -> float (..., vocab_size)."""
        projected = inputs if self.projection is None else self.projection(inputs)  # (..., width)
        return ops.matmul(projected, ops.transpose(self.embedding.embeddings)) + self.bias


def token_embedding(
    vocab_size: int, width: int, tied: bool = False, frozen: bool = False
) -> layers.Embedding:
    """An embedding of ids whose vectors begin with entries of variance 1.

    Args:
        vocab_size: int.
        width: int, numbers in a vector.
        tied: bool. Its table serves an output layer, too: see ``TiedEmbedding``.
        frozen: bool. Training leaves the table as it is.
    """
    kind, stddev = (TiedEmbedding, width**-0.5) if tied else (layers.Embedding, 1.0)
    initializer = initializers.RandomNormal(stddev=stddev)
    return kind(vocab_size, width, embeddings_initializer=initializer, trainable=not frozen)


def target_embedding(config: Seq2SeqConfig, width: int) -> layers.Embedding:
    """The embedding that a decoder looks its tokens up in.

    Args:
        config: ``Seq2SeqConfig``: ``target_vocab_size``, ``tied_output``, ``frozen_embeddings``.
        width: int.
    """
    frozen = config.frozen_embeddings in ("target", "both")
    return token_embedding(config.target_vocab_size, width, config.tied_output, frozen)


def output_layer(config: Seq2SeqConfig, embedding: layers.Embedding) -> layers.Layer:
    """The layer that makes a decoder's logits, with a bias for each token.

    Args:
        config: ``Seq2SeqConfig``: ``target_vocab_size``, ``tied_output``.
        embedding: of the decoder.
    """
    return TiedOutput(embedding) if config.tied_output else layers.Dense(config.target_vocab_size)
