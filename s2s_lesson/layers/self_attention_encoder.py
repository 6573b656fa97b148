"""SelfAttentionEncoder: a small Transformer encoder, in place of the recurrent one."""

import keras
from keras import layers, ops

from s2s_lesson.data.expected import PositiveInt, ShareBelowOne, checked
from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.configured import ConfiguredLayer
from s2s_lesson.layers.embeddings import token_embedding
from s2s_lesson.layers.multi_head_attention import MultiHeadAttention
from s2s_lesson.layers.positions import sinusoids, with_positions


@keras.saving.register_keras_serializable(package="s2s_lesson")
class EncoderBlock(layers.Layer):
    """Self-attention over the source, and two dense layers.

    Each of the two is added to what came in, which is normalised first:
    x = x + part(LayerNormalization(x)).

    Args:
        units: int.
        num_heads: int.
        dropout: float from 0 to below 1, on the output of each of the two.

    Sources: Vaswani et al. 2017, section 3.1, arXiv:1706.03762; normalisation first: Xiong et al. 2020,
    arXiv:2002.04745.

    >>> from keras import ops
    >>> from s2s_lesson.layers import EncoderBlock
    >>> outputs = EncoderBlock(6, num_heads=2)(ops.ones((1, 4, 6)), ops.ones((1, 4), "bool"))
    >>> tuple(outputs.shape)
    (1, 4, 6)
    """

    @checked
    def __init__(
        self, units: PositiveInt, num_heads: PositiveInt, dropout: ShareBelowOne = 0.0, **kwargs: object
    ):
        super().__init__(**kwargs)
        self.options = {"units": units, "num_heads": num_heads, "dropout": dropout}
        self.norms = [layers.LayerNormalization() for _ in range(2)]
        self.self_attention = MultiHeadAttention(units, num_heads)
        self.hidden_layer, self.output_layer = layers.Dense(4 * units, activation="relu"), layers.Dense(units)
        self.dropout = layers.Dropout(dropout)

    def build(self, inputs_shape: Shape, source_mask_shape: Shape | None = None) -> None:
        """Do nothing: the parts make their weights in the first call."""

    def call(self, inputs: Tensor, source_mask: Tensor, training: bool = False) -> Tensor:
        """Apply the two parts.

        Args:
            inputs: float (batch, source_length, units).
            source_mask: bool (batch, source_length); True = real token.
            training: bool.

        Returns:
            float (batch, source_length, units).
        """
        normed = self.norms[0](inputs)
        outputs, _ = self.self_attention(normed, *self.self_attention.project(normed), source_mask)
        inputs = inputs + self.dropout(outputs, training=training)
        outputs = self.output_layer(self.hidden_layer(self.norms[1](inputs)))
        return inputs + self.dropout(outputs, training=training)

    def weights_by_head(self, inputs: Tensor, source_mask: Tensor) -> Tensor:
        """Tell where each head looks.

        Args:
            inputs, source_mask: as of ``call``.

        Returns:
            float (batch, num_heads, source_length, source_length), queries before keys.
        """
        normed = self.norms[0](inputs)
        keys, _ = self.self_attention.project(normed)
        return self.self_attention.weights_by_head(normed, keys, source_mask)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), **self.options}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class SelfAttentionEncoder(ConfiguredLayer):
    """Embedding, positions and encoder blocks; a last normalisation.

    Every position sees every other one in each block, at whatever distance. Nothing is read step by step, so
    there is no final state.

    Args:
        config: ``Seq2SeqConfig``: ``source_vocab_size``, ``encoder_units``, ``encoder_layers``,
            ``num_heads`` and ``dropout``.
        max_length: int. The longest source, in tokens.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    >>> from keras import ops
    >>> from s2s_lesson.layers import SelfAttentionEncoder, Seq2SeqConfig
    >>> encoder = SelfAttentionEncoder(Seq2SeqConfig(10, 12, encoder_units=8, num_heads=2), max_length=5)
    >>> source_ids = ops.array([[5, 6, 7], [8, 9, 0]])
    >>> tuple(encoder(source_ids, source_ids != 0).shape)
    (2, 3, 8)
    """

    @checked
    def __init__(self, config: Seq2SeqConfig, max_length: PositiveInt, **kwargs: object):
        super().__init__(config, **kwargs)
        units, self.max_length = config.encoder_units, max_length
        if config.source_vocab_size is None:
            raise ValueError(
                "Expected a source_vocab_size, since this encoder reads ids; received None. "
                "Use a RecurrentEncoder for vectors."
            )
        self.embedding = token_embedding(config.source_vocab_size, units)
        self.positions = sinusoids(max_length, units)
        self.dropout = layers.Dropout(config.dropout)
        self.blocks = [
            EncoderBlock(units, config.num_heads, config.dropout) for _ in range(config.encoder_layers)
        ]
        self.norm = layers.LayerNormalization()

    def build(self, source_ids_shape: Shape, source_mask_shape: Shape | None = None) -> None:
        """Do nothing: the parts make their weights in the first call."""

    @property
    def output_shape(self) -> Shape:
        """(None, None, units), of any batch and length: what ``summary`` of a model prints."""
        return (None, None, self.config.encoder_units)

    def call(self, source_ids: Tensor, source_mask: Tensor, training: bool = False) -> Tensor:
        """Read a batch of sources.

        Args:
            source_ids: int (batch, source_length).
            source_mask: bool (batch, source_length); True = real token, padding on the right.
            training: bool.

        Returns:
            float (batch, source_length, units); 0 on padding.

        Raises:
            ValueError: a source is longer than ``max_length``.
        """
        outputs = self.dropout(self._embedded(source_ids), training=training)
        for block in self.blocks:
            outputs = block(outputs, source_mask, training=training)
        return self.norm(outputs) * ops.cast(source_mask[:, :, None], outputs.dtype)

    def weights_by_head(self, source_ids: Tensor, source_mask: Tensor) -> list[Tensor]:
        """Tell where each head of each block looks.

        Args:
            source_ids, source_mask: as of ``call``.

        Returns:
            One float (batch, num_heads, source_length, source_length) a block.
        """
        outputs, weights = self._embedded(source_ids), []
        for block in self.blocks:
            weights.append(block.weights_by_head(outputs, source_mask))
            outputs = block(outputs, source_mask)
        return weights

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "max_length": self.max_length}

    def _embedded(self, source_ids):
        """Embeddings with their positions: (batch, source_length, units)."""
        length = source_ids.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(
                f"Expected sources of at most max_length={self.max_length} tokens; received {length}. "
                "Make the model with a greater max_length."
            )
        return with_positions(self.embedding(source_ids), self.positions)
