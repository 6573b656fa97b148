"""MultiHeadAttention: scaled dot-product attention, several times side by side."""

import math
from typing import Any

import keras
from keras import layers, ops

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.luong_attention import LuongAttention


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

    >>> from keras import ops
    >>> from s2s_lesson.layers import MultiHeadAttention
    >>> attention, source = MultiHeadAttention(6, num_heads=2), ops.ones((1, 4, 5))
    >>> output, weights = attention(ops.ones((1, 3, 5)), *attention.project(source), ops.ones((1, 4), "bool"))
    >>> tuple(output.shape), tuple(weights.shape)
    ((1, 3, 6), (1, 3, 4))
    """

    @checked
    def __init__(self, units: PositiveInt, num_heads: PositiveInt, **kwargs: Any):
        super().__init__(**kwargs)
        if units % num_heads:
            raise ValueError(
                f"Expected units that {num_heads} heads can share evenly; received {units}."
                " Choose units as a multiple of heads."
            )
        self.units, self.num_heads = units, num_heads
        self.query_layer, self.key_layer = layers.Dense(units), layers.Dense(units)
        self.value_layer, self.output_layer = layers.Dense(units), layers.Dense(units)
        head_dim = units // num_heads
        self.attention = LuongAttention(head_dim, score="dot", temperature=math.sqrt(head_dim))

    def build(
        self,
        query_shape: Shape,
        keys_shape: Shape,
        values_shape: Shape | None,
        keys_mask_shape: Shape | None = None,
    ) -> None:
        """Make the weights that ``project`` has not made."""
        head_shape = (None, None, self.units // self.num_heads)
        self.query_layer.build(query_shape)
        self.attention.build(head_shape, head_shape)
        self.output_layer.build((None, None, self.units))

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Make keys and values, once for a source.

        Args:
            source: float (batch, source_length, width).

        Returns:
            keys: float (batch, source_length, units).
            values: float (batch, source_length, units).
        """
        return self.key_layer(source), self.value_layer(source)

    def call(self, query: Tensor, keys: Tensor, values: Tensor, keys_mask: Tensor) -> tuple[Tensor, Tensor]:
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
        context, weights = self.attention.attend(query, keys, values, self._masks(keys_mask))
        context = ops.reshape(context, (batch, self.num_heads, target_length, -1))
        context = ops.reshape(ops.swapaxes(context, 1, 2), (batch, target_length, self.units))
        weights = ops.reshape(weights, (batch, self.num_heads, target_length, -1))
        return self.output_layer(context), ops.mean(weights, axis=1)

    def weights_by_head(self, query: Tensor, keys: Tensor, keys_mask: Tensor) -> Tensor:
        """Tell where each head looks: the weights whose mean ``call`` returns.

        Args:
            query, keys, keys_mask: as of ``call``.

        Returns:
            float (batch, num_heads, target_length, source_length); rows sum to 1, exactly 0 where masked.
        """
        batch, target_length = ops.shape(query)[:2]
        query, keys = self._split(self.query_layer(query)), self._split(keys)
        weights = self.attention.weigh(query, keys, self._masks(keys_mask))
        return ops.reshape(weights, (batch, self.num_heads, target_length, -1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "num_heads": self.num_heads}

    def _split(self, tensor):
        """(batch, length, units) -> (batch * num_heads, length, head_dim)."""
        batch, length = ops.shape(tensor)[:2]
        head_dim = self.units // self.num_heads
        heads = ops.swapaxes(ops.reshape(tensor, (batch, length, self.num_heads, head_dim)), 1, 2)
        return ops.reshape(heads, (batch * self.num_heads, length, head_dim))

    def _masks(self, keys_mask):
        """One mask a head: (batch * num_heads, 1 or target_length, source_length)."""
        keys_mask = keys_mask if len(keys_mask.shape) == 3 else keys_mask[:, None]
        return ops.repeat(keys_mask, self.num_heads, axis=0)
