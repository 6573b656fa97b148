"""SelfAttentionDecoder: a small Transformer decoder, in place of the recurrent one."""

import math

import keras
import numpy as np
from keras import initializers, layers, ops

from s2s_lesson.attention import LuongAttention
from s2s_lesson.masks import combined_mask


@keras.saving.register_keras_serializable(package="s2s_lesson")
class MultiHeadAttention(layers.Layer):
    """Scaled dot-product attention, several times side by side.

    Each head is Luong's dot score with temperature sqrt(head_dim), on queries, keys and values that went
    through dense layers of their own:

    head[i]  = softmax(Q W_q[i] (K W_k[i])^T / sqrt(head_dim)) V W_v[i]
    output   = [head[1]; ...; head[num_heads]] W_o

    Args:
        units: int, a multiple of ``num_heads``; head_dim = units / num_heads.
        num_heads: int.

    Source: Vaswani et al. 2017, section 3.2, arXiv:1706.03762.
    """

    def __init__(self, units, num_heads, **kwargs):
        super().__init__(**kwargs)
        if units % num_heads:
            raise ValueError(f"Expected units that {num_heads} heads can share evenly; received {units}.")
        self.units, self.num_heads = units, num_heads
        self.query_layer, self.key_layer = layers.Dense(units), layers.Dense(units)
        self.value_layer, self.output_layer = layers.Dense(units), layers.Dense(units)
        head_dim = units // num_heads
        self.attention = LuongAttention(head_dim, score="dot", temperature=math.sqrt(head_dim))

    def build(self, query_shape, keys_shape, values_shape, keys_mask_shape=None):
        """Make the weights that ``project`` has not made."""
        head_shape = (None, None, self.units // self.num_heads)
        self.query_layer.build(query_shape)
        self.attention.build(head_shape, head_shape)
        self.output_layer.build((None, None, self.units))

    def project(self, source):
        """Make keys and values, once for a source.

        Args:
            source: float (batch, source_length, width).

        Returns:
            keys: float (batch, source_length, units).
            values: float (batch, source_length, units).
        """
        return self.key_layer(source), self.value_layer(source)

    def call(self, query, keys, values, keys_mask):
        """Attend with every head.

        Args:
            query: float (batch, target_length, width).
            keys: float (batch, source_length, units), from ``project``.
            values: likewise.
            keys_mask: bool (batch, source_length) or (batch, target_length, source_length); True = may be
                seen.

        Returns:
            output: float (batch, target_length, units).
            attention_weights: float (batch, target_length, source_length), the mean of the heads.
        """
        batch, target_length = ops.shape(query)[:2]
        query, keys, values = (self._split(part) for part in (self.query_layer(query), keys, values))
        keys_mask = ops.repeat(keys_mask, self.num_heads, axis=0)
        context, weights = self.attention.attend(query, keys, values, keys_mask)
        context = ops.reshape(context, (batch, self.num_heads, target_length, -1))
        context = ops.reshape(ops.swapaxes(context, 1, 2), (batch, target_length, self.units))
        weights = ops.reshape(weights, (batch, self.num_heads, target_length, -1))
        return self.output_layer(context), ops.mean(weights, axis=1)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "num_heads": self.num_heads}

    def _split(self, tensor):
        """(batch, length, units) -> (batch * num_heads, length, head_dim)."""
        batch, length = ops.shape(tensor)[:2]
        head_dim = self.units // self.num_heads
        heads = ops.swapaxes(ops.reshape(tensor, (batch, length, self.num_heads, head_dim)), 1, 2)
        return ops.reshape(heads, (batch * self.num_heads, length, head_dim))


@keras.saving.register_keras_serializable(package="s2s_lesson")
class DecoderBlock(layers.Layer):
    """Self-attention over the target so far, attention over the source, and two dense layers.

    Each of the three is added to what came in, which is normalised first:
    x = x + part(LayerNormalization(x)).

    Args:
        units: int.
        num_heads: int.
        dropout: float from 0 to 1, on the output of each of the three.

    Sources: Vaswani et al. 2017, section 3.1, arXiv:1706.03762; normalisation first: Xiong et al. 2020,
    arXiv:2002.04745.
    """

    def __init__(self, units, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.options = {"units": units, "num_heads": num_heads, "dropout": dropout}
        self.norms = [layers.LayerNormalization() for _ in range(3)]
        self.self_attention = MultiHeadAttention(units, num_heads)
        self.source_attention = MultiHeadAttention(units, num_heads)
        self.hidden_layer, self.output_layer = layers.Dense(4 * units, activation="relu"), layers.Dense(units)
        self.dropout = layers.Dropout(dropout)

    def build(self, inputs_shape):
        """Do nothing: the parts make their weights in the first call."""

    def target_keys(self, inputs):
        """The keys and values that self-attention sees: two of float (batch, target_length, units)."""
        return self.self_attention.project(self.norms[0](inputs))

    def call(self, inputs, target_keys, target_mask, source_keys, source_mask, training=False):
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

    def get_config(self):
        return {**super().get_config(), **self.options}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class SelfAttentionDecoder(layers.Layer):
    """Embedding, positions, decoder blocks and the output layer.

    What a recurrent decoder carries in its hidden state, this one looks up among its own earlier positions.
    Training sees the whole target at once, under a mask that hides what comes later. Decoding keeps the keys
    and values of the earlier positions in a cache of fixed size.

    Args:
        vocab_size: int.
        units: int, even, a multiple of ``num_heads``.
        num_layers: int.
        num_heads: int.
        max_target_length: int. The longest target, in tokens; size of the cache.
        dropout: float from 0 to 1.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    fixed = ("keys", "values", "keys_mask")  # leaves of the state that no step changes

    def __init__(
        self, vocab_size, units, num_layers=1, num_heads=4, max_target_length=100, dropout=0.0, **kwargs
    ):
        super().__init__(**kwargs)
        self.options = {
            "vocab_size": vocab_size,
            "units": units,
            "num_layers": num_layers,
            "num_heads": num_heads,
            "max_target_length": max_target_length,
            "dropout": dropout,
        }
        self.units, self.max_target_length = units, max_target_length
        self.embedding = layers.Embedding(
            vocab_size, units, embeddings_initializer=initializers.RandomNormal(stddev=1.0)
        )
        self.positions = sinusoids(max_target_length, units)
        self.dropout = layers.Dropout(dropout)
        self.blocks = [DecoderBlock(units, num_heads, dropout) for _ in range(num_layers)]
        self.norm, self.output_layer = layers.LayerNormalization(), layers.Dense(vocab_size)

    def build(self, decoder_inputs_shape):
        """Do nothing: the parts make their weights in the first call."""

    def initial_state(self, encoder_outputs, keys_mask, recurrent_state=None):
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
        cache = ops.tile(cache, (1, self.max_target_length, self.units))
        return {
            "values": encoder_outputs,
            "keys": [list(block.source_attention.project(encoder_outputs)) for block in self.blocks],
            "keys_mask": keys_mask,
            "cache": [[cache, cache] for _ in self.blocks],
            "position": ops.zeros_like(keys_mask[:, 0], dtype="int32"),
            "attention_weights": ops.zeros_like(encoder_outputs[..., 0]),
        }

    def call(self, decoder_inputs, state, training=False):
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
        if length is not None and length > self.max_target_length:
            raise ValueError(
                f"Expected targets of at most max_target_length={self.max_target_length} tokens; "
                f"received {length}. Make the model with a greater max_target_length."
            )
        mask = combined_mask(decoder_inputs)
        positions = ops.convert_to_tensor(self.positions, self.compute_dtype)
        outputs = self.embedding(decoder_inputs) + positions[: ops.shape(decoder_inputs)[1]]
        outputs = self.dropout(outputs, training=training)
        for block, source_keys in zip(self.blocks, state["keys"], strict=True):
            target_keys = block.target_keys(outputs)
            outputs, weights = block(
                outputs, target_keys, mask, source_keys, state["keys_mask"], training=training
            )
        return self.output_layer(self.norm(outputs)), weights

    def step(self, token_ids, state):
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last.
            state: from ``initial_state`` or from the step before, at most ``max_target_length`` times.

        Returns:
            logits: float (batch, vocab_size).
            state: for the next step.
        """
        position = state["position"][:, None]  # (batch, 1)
        columns = ops.arange(self.max_target_length, dtype="int32")[None]
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

    def get_config(self):
        return {**super().get_config(), **self.options}


def sinusoids(length, units):
    """Encode positions by sines and cosines of ``units / 2`` wavelengths, from 2 pi to 10,000 times 2 pi.

    Args:
        length: int.
        units: int, even.

    Returns:
        float32 (length, units): the sines, then the cosines.

    Raises:
        ValueError: ``units`` is odd.

    Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762, which interleaves sines and cosines.
    """
    if units % 2:
        raise ValueError(f"Expected an even number of units; received {units}.")
    rates = 10_000.0 ** (-np.arange(units // 2) / (units / 2))
    angles = np.arange(length)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1).astype("float32")
