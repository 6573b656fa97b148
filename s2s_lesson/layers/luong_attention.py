"""LuongAttention: multiplicative attention, over the whole source or over a window."""

from typing import Any, Literal, TypeAlias

import keras
from keras import ops

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, checked
from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.attention import Attention
from s2s_lesson.layers.bahdanau_attention import additive_scores
from s2s_lesson.layers.config import Window
from s2s_lesson.layers.masks import masked_softmax

Score: TypeAlias = Literal["dot", "general", "concat"]


@keras.saving.register_keras_serializable(package="s2s_lesson")
class LuongAttention(Attention):
    """Multiplicative attention, in its three forms, over the whole source or over a window.

    dot:      scores[b, t, s] = query[b, t] . keys[b, s]
    general:  scores[b, t, s] = query[b, t] . W keys[b, s]
    concat:   scores[b, t, s] = v . tanh(W [query[b, t]; keys[b, s]])

    A window, "local" attention, looks at the positions s with ``|s - p[b, t]| <= half_width``:

    monotonic:   p[b, t] = t, or the last real position where the source is shorter
    predictive:  p[b, t] = S sigmoid(v_p . tanh(W_p query[b, t])), S real positions in the source; the weights
                 are multiplied by exp(-(s - p)^2 / (2 (half_width / 2)^2))

    Args:
        units: int. The width of the query for dot (where keys have it as well) and general; the width of
            the hidden layer for concat.
        score: "dot", "general" or "concat".
        window: "none" (global attention), "monotonic" or "predictive".
        half_width: int of at least 1. Positions on either side of the window's middle.
        renormalize: bool. After the multiplication of a predictive window, let the weights sum to 1
            again. The paper does not.
        temperature, coverage: as in ``Attention``.

    Source: Luong et al. 2015, sections 3.1 and 3.2, arXiv:1508.04025. It counts positions from 1, and D is
    its name for half_width.

    >>> from keras import ops
    >>> from s2s_lesson.layers import LuongAttention
    >>> query, keys = ops.ones((1, 1, 2)), ops.array([[[9.0, 9.0], [-9.0, -9.0]]])
    >>> _, weights = LuongAttention(2, score="dot")(query, keys=keys, values=keys)
    >>> ops.convert_to_numpy(weights).round(3).tolist()
    [[[1.0, 0.0]]]
    """

    @checked
    def __init__(
        self,
        units: PositiveInt,
        score: Score = "general",
        window: Window = "none",
        half_width: PositiveInt = 5,
        renormalize: bool = True,
        temperature: PositiveFloat = 1.0,
        coverage: bool = False,
        **kwargs: Any,
    ):
        super().__init__(units, temperature, coverage, **kwargs)
        self.score, self.window, self.half_width, self.renormalize = score, window, half_width, renormalize

    def build(
        self,
        query_shape: Shape,
        keys_shape: Shape,
        values_shape: Shape | None = None,
        keys_mask_shape: Shape | None = None,
    ) -> None:
        super().build(query_shape, keys_shape)
        if self.score != "concat":
            self._expect_width("a query", query_shape[-1])
        if self.score == "dot":
            self._expect_width("keys", keys_shape[-1])
        else:
            self.key_kernel = self.add_weight(shape=(keys_shape[-1], self.units), name="key_kernel")
        if self.score == "concat":
            self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
            self.v = self.add_weight(shape=(self.units, 1), name="v")
        if self.window == "predictive":
            self.position_kernel = self.add_weight(
                shape=(query_shape[-1], self.units), name="position_kernel"
            )
            self.position_v = self.add_weight(shape=(self.units, 1), name="position_v")

    def project_keys(self, keys: Tensor) -> Tensor:
        return keys if self.score == "dot" else ops.matmul(keys, self.key_kernel)

    def scores(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        if self.score == "concat":
            return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)
        return ops.matmul(query, ops.swapaxes(projected_keys, 1, 2))

    def weigh(
        self,
        query: Tensor,
        projected_keys: Tensor,
        keys_mask: Tensor | None = None,
        position: Tensor | None = None,
    ) -> Tensor:
        if self.window == "none":
            return super().weigh(query, projected_keys, keys_mask, position)
        scores = self.scores(query, projected_keys) / self.temperature
        if keys_mask is None:
            keys_mask = ops.ones_like(scores[:, :1], dtype="bool")
        source_length = ops.sum(ops.cast(keys_mask, "float32"), axis=-1)  # (batch, 1)
        middle = self.middle(query, source_length, position)  # (batch, target_length)
        offset = ops.arange(ops.shape(scores)[-1], dtype="float32") - middle[..., None]
        in_window = ops.abs(offset) <= self.half_width  # (batch, target_length, source_length)
        mask = ops.logical_and(keys_mask, in_window)
        if self.window == "monotonic":
            return masked_softmax(scores, mask)
        offset = ops.where(in_window, offset, ops.zeros_like(offset))
        log_bell = ops.cast(-0.5 * ops.square(offset / (self.half_width / 2)), scores.dtype)
        if self.renormalize:
            return masked_softmax(scores + log_bell, mask)
        return masked_softmax(scores, mask) * ops.exp(log_bell)

    def middle(self, query: Tensor, source_length: Tensor, position: Tensor) -> Tensor:
        """Tell where the middle of each query's window is.

        Args:
            query: float (batch, target_length, query_dim).
            source_length: float (batch, 1). Real positions in each source.
            position: int (batch, target_length). Number of each query, from 0.

        Returns:
            float32 (batch, target_length). Source positions, from 0.
        """
        if self.window == "monotonic":
            return ops.minimum(ops.cast(position, "float32"), ops.maximum(source_length - 1, 0))
        hidden = ops.tanh(ops.matmul(query, self.position_kernel))
        share = ops.sigmoid(ops.matmul(hidden, self.position_v))[..., 0]
        return source_length * ops.cast(share, "float32")

    def get_config(self) -> dict[str, Any]:
        options = ("score", "window", "half_width", "renormalize")
        return {**super().get_config(), **{name: getattr(self, name) for name in options}}
