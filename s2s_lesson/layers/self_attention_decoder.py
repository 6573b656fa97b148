"""SelfAttentionDecoder: a small Transformer decoder, in place of the recurrent one."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import initializers, layers, ops

from s2s_lesson.data.expected import PositiveInt, ShareBelowOne, checked
from s2s_lesson.engine import Shape, State, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.configured import ConfiguredLayer
from s2s_lesson.layers.embeddings import output_layer, target_embedding
from s2s_lesson.layers.masks import combined_mask
from s2s_lesson.layers.multi_head_attention import MultiHeadAttention
from s2s_lesson.layers.positions import sinusoids, with_positions


@keras.saving.register_keras_serializable(package="s2s_lesson")
class DecoderBlock(layers.Layer):
    """Self-attention over the target so far, attention over the source, and two dense layers.

    Each of the three is added to what came in, which is normalised first:
    x = x + part(LayerNormalization(x)).

    Args:
        units: int.
        num_heads: int.
        dropout: float from 0 to below 1, on the output of each of the three.

    Sources: Vaswani et al. 2017, section 3.1, arXiv:1706.03762; normalisation first: Xiong et al. 2020,
    arXiv:2002.04745.

    >>> from keras import ops
    >>> from s2s_lesson.layers import DecoderBlock
    >>> block, inputs, mask = DecoderBlock(6, num_heads=2), ops.ones((1, 3, 6)), ops.ones((1, 3, 3), "bool")
    >>> target_keys, source_mask = block.target_keys(inputs), ops.ones((1, 4), "bool")
    >>> source_keys = block.source_attention.project(ops.ones((1, 4, 5)))
    >>> outputs, weights = block(inputs, target_keys, mask, source_keys, source_mask)
    >>> tuple(outputs.shape), tuple(weights.shape)
    ((1, 3, 6), (1, 3, 4))
    """

    @checked
    def __init__(
        self, units: PositiveInt, num_heads: PositiveInt, dropout: ShareBelowOne = 0.0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.options = {"units": units, "num_heads": num_heads, "dropout": dropout}
        self.norms = [layers.LayerNormalization() for _ in range(3)]
        self.self_attention = MultiHeadAttention(units, num_heads)
        self.source_attention = MultiHeadAttention(units, num_heads)
        self.hidden_layer, self.output_layer = layers.Dense(4 * units, activation="relu"), layers.Dense(units)
        self.dropout = layers.Dropout(dropout)

    def build(self, inputs_shape: Any) -> None:
        """Do nothing: the parts make their weights in the first call."""

    def target_keys(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values that self-attention sees: two of float (batch, target_length, units)."""
        return self.self_attention.project(self.norms[0](inputs))

    def call(
        self,
        inputs: Tensor,
        target_keys: Sequence[Tensor],
        target_mask: Tensor,
        source_keys: Sequence[Tensor],
        source_mask: Tensor,
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Apply the three parts.

        Args:
            inputs: float (batch, target_length, units).
            target_keys: keys and values of the target, from ``target_keys``.
            target_mask: bool (batch, target_length, target_length); True = may be seen.
            source_keys: keys and values of the source, from ``source_attention.project``.
            source_mask: bool (batch, source_length); True = real token.
            training: bool.

        Returns:
            outputs: float (batch, target_length, units).
            attention_weights: float (batch, target_length, source_length), over the source.
        """
        outputs, _ = self.self_attention(self.norms[0](inputs), *target_keys, target_mask)
        inputs = inputs + self.dropout(outputs, training=training)
        outputs, weights = self.source_attention(self.norms[1](inputs), *source_keys, source_mask)
        inputs = inputs + self.dropout(outputs, training=training)
        outputs = self.output_layer(self.hidden_layer(self.norms[2](inputs)))
        return inputs + self.dropout(outputs, training=training), weights

    def weights_by_head(
        self,
        inputs: Tensor,
        target_keys: Sequence[Tensor],
        target_mask: Tensor,
        source_keys: Sequence[Tensor],
        source_mask: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Tell where each head looks.

        Args:
            inputs, target_keys, target_mask, source_keys, source_mask: as of ``call``.

        Returns:
            target_weights: float (batch, num_heads, target_length, target_length).
            source_weights: float (batch, num_heads, target_length, source_length).
        """
        normed = self.norms[0](inputs)
        target_weights = self.self_attention.weights_by_head(normed, target_keys[0], target_mask)
        inputs = inputs + self.self_attention(normed, *target_keys, target_mask)[0]
        normed = self.norms[1](inputs)
        return target_weights, self.source_attention.weights_by_head(normed, source_keys[0], source_mask)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.options}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class SelfAttentionDecoder(ConfiguredLayer):
    """Embedding, positions, decoder blocks and the output layer.

    What a recurrent decoder carries in its hidden state, this one looks up among its own earlier positions.
    Training sees the whole target at once, under a mask that hides what comes later. Decoding keeps the keys
    and values of the earlier positions in a cache of fixed size.

    With ``tied_output`` the logits are those of ``TiedOutput``, without a projection: the embedding is
    ``decoder_units`` wide. What the blocks add up holds the token that came in, and its product with its own
    row of the table would be near sqrt(units): the model would begin by writing each token again. The last
    normalisation therefore begins with a gain of units^-1/2.

    Args:
        config: ``Seq2SeqConfig``: ``target_vocab_size``, ``decoder_units``, ``decoder_layers``,
            ``num_heads``, ``max_target_length``, which is the size of the cache, and ``dropout``.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    >>> from keras import ops
    >>> from s2s_lesson.layers import SelfAttentionDecoder, Seq2SeqConfig
    >>> config = Seq2SeqConfig(10, 12, decoder="self_attention", decoder_units=8, num_heads=2)
    >>> decoder = SelfAttentionDecoder(config)
    >>> state = decoder.initial_state(ops.ones((1, 3, 6)), ops.ones((1, 3), "bool"))
    >>> logits, state = decoder.step(ops.array([2]), state)
    >>> tuple(logits.shape), state["position"].shape[0]
    ((1, 12), 1)
    """

    fixed: tuple[str, ...] = ("keys", "values", "keys_mask")  # leaves of the state that no step changes

    @checked
    def __init__(self, config: Seq2SeqConfig, **kwargs: Any):
        super().__init__(config, **kwargs)
        units = config.decoder_units
        self.embedding = target_embedding(config, units)
        self.positions = sinusoids(config.max_target_length, units)
        self.dropout = layers.Dropout(config.dropout)
        self.blocks = [
            DecoderBlock(units, config.num_heads, config.dropout) for _ in range(config.decoder_layers)
        ]
        size = units**-0.5 if config.tied_output else 1.0
        self.norm = layers.LayerNormalization(gamma_initializer=initializers.Constant(size))
        self.output_layer = output_layer(config, self.embedding)

    def build(self, decoder_inputs_shape: Shape) -> None:
        """Do nothing: the parts make their weights in the first call."""

    @property
    def output_shape(self) -> Shape:
        """(None, None, vocab_size), of the logits: what ``summary`` of a model prints."""
        return (None, None, self.config.target_vocab_size)

    def initial_state(
        self, encoder_outputs: Tensor, keys_mask: Tensor, recurrent_state: Any | None = None
    ) -> State:
        """Gather all that decoding needs.

        Args:
            encoder_outputs: float (batch, source_length, width).
            keys_mask: bool (batch, source_length); True = real token.
            recurrent_state: not looked at; recurrent decoders begin from it.

        Returns:
            The state before the first step, a dict whose leaves have the batch axis first: ``values``, the
            encoder outputs; ``keys``, a list with the source's keys and values of each block, float
            (batch, source_length, units); ``keys_mask``; ``cache``, likewise for the target, float
            (batch, max_target_length, units); ``position`` int (batch,); ``attention_weights`` float
            (batch, source_length), of the last step.
        """
        cache = ops.zeros_like(encoder_outputs[:, 0, :1])[:, :, None]  # (batch, 1, 1)
        cache = ops.tile(cache, (1, self.config.max_target_length, self.config.decoder_units))
        return {
            "values": encoder_outputs,
            "keys": [list(block.source_attention.project(encoder_outputs)) for block in self.blocks],
            "keys_mask": keys_mask,
            "cache": [[cache, cache] for _ in self.blocks],
            "position": ops.zeros_like(keys_mask[:, 0], dtype="int32"),
            "attention_weights": ops.zeros_like(encoder_outputs[..., 0]),
        }

    def call(self, decoder_inputs: Tensor, state: State, training: bool = False) -> tuple[Tensor, Tensor]:
        """Decode a whole target, each token given the true ones before it (teacher forcing).

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            state: from ``initial_state``.
            training: bool.

        Returns:
            logits: float (batch, target_length, vocab_size).
            attention_weights: float (batch, target_length, source_length), over the source: those of the
                last block, the mean of its heads.

        Raises:
            ValueError: the target is longer than ``max_target_length``.
        """
        length = decoder_inputs.shape[1]
        if length is not None and length > self.config.max_target_length:
            raise ValueError(
                f"Expected targets of at most max_target_length={self.config.max_target_length} tokens; "
                f"received {length}. Make the model with a greater max_target_length."
            )
        mask = combined_mask(decoder_inputs)
        embedded = with_positions(self.embedding(decoder_inputs), self.positions)
        outputs = self.dropout(embedded, training=training)
        for block, source_keys in zip(self.blocks, state["keys"], strict=True):
            target_keys = block.target_keys(outputs)
            outputs, weights = block(
                outputs, target_keys, mask, source_keys, state["keys_mask"], training=training
            )
        return self.output_layer(self.norm(outputs)), weights

    def weights_by_head(self, decoder_inputs: Tensor, state: State) -> list[tuple[Tensor, Tensor]]:
        """Tell where each head of each block looks.

        Args:
            decoder_inputs, state: as of ``call``.

        Returns:
            For each block its weights over the target and over the source: see
            ``DecoderBlock.weights_by_head``.
        """
        mask, weights = combined_mask(decoder_inputs), []
        outputs = with_positions(self.embedding(decoder_inputs), self.positions)
        for block, source_keys in zip(self.blocks, state["keys"], strict=True):
            given = outputs, block.target_keys(outputs), mask, source_keys, state["keys_mask"]
            weights.append(block.weights_by_head(*given))
            outputs, _ = block(*given)
        return weights

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last.
            state: from ``initial_state`` or from the step before, at most ``max_target_length`` times.

        Returns:
            logits: float (batch, vocab_size).
            state: for the next step.
        """
        position = state["position"][:, None]  # (batch, 1)
        columns = ops.arange(self.config.max_target_length, dtype="int32")[None]
        here = ops.equal(columns, position)[:, :, None]  # (batch, max_target_length, 1)
        so_far = (columns <= position)[:, None]  # (batch, 1, max_target_length)
        positions = ops.convert_to_tensor(self.positions, self.compute_dtype)
        outputs = self.embedding(token_ids[:, None]) + ops.take(positions, position, axis=0)
        cache = []
        for block, source_keys, cached in zip(self.blocks, state["keys"], state["cache"], strict=True):
            news = block.target_keys(outputs)
            cached = [ops.where(here, new, old) for new, old in zip(news, cached, strict=True)]
            outputs, weights = block(outputs, cached, so_far, source_keys, state["keys_mask"], training=False)
            cache.append(cached)
        logits = self.output_layer(self.norm(outputs))[:, 0]
        changed = {"cache": cache, "position": state["position"] + 1, "attention_weights": weights[:, 0]}
        return logits, {**state, **changed}
