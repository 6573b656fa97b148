"""BahdanauAttention: additive attention."""

import keras
from keras import ops

from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.attention import Attention


@keras.saving.register_keras_serializable(package="s2s_lesson")
class BahdanauAttention(Attention):
    """Additive attention.

    scores[b, t, s] = v . tanh(W_q query[b, t] + W_k keys[b, s])

    Args:
        units: int. Width of the hidden layer.
        temperature, coverage: as in ``Attention``.

    Source: Bahdanau et al. 2015, appendix A.1.2, arXiv:1409.0473.

    >>> from keras import ops
    >>> from s2s_lesson.layers import BahdanauAttention
    >>> query, keys = ops.ones((2, 3, 5)), ops.ones((2, 4, 6))
    >>> context, weights = BahdanauAttention(7)(query, keys=keys, values=keys)
    >>> tuple(context.shape), tuple(weights.shape)
    ((2, 3, 6), (2, 3, 4))
    """

    def build(
        self,
        query_shape: Shape,
        keys_shape: Shape,
        values_shape: Shape | None = None,
        keys_mask_shape: Shape | None = None,
    ) -> None:
        super().build(query_shape, keys_shape)
        self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
        self.key_kernel = self.add_weight(shape=(keys_shape[-1], self.units), name="key_kernel")
        self.v = self.add_weight(shape=(self.units, 1), name="v")

    def project_keys(self, keys: Tensor) -> Tensor:
        return ops.matmul(keys, self.key_kernel)

    def scores(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)


def additive_scores(projected_query: Tensor, projected_keys: Tensor, v: Tensor) -> Tensor:
    """v . tanh(projected_query[b, t] + projected_keys[b, s]) for every t and s.

    Args:
        projected_query: float (batch, target_length, units).
        projected_keys: float (batch, source_length, units).
        v: float (units, 1).

    Returns:
        float (batch, target_length, source_length).
    """
    hidden = ops.tanh(projected_query[:, :, None] + projected_keys[:, None])  # (batch, t, s, units)
    return ops.tensordot(hidden, v, axes=1)[..., 0]
