"""Attention: weigh the source positions by their relevance to a decoder state."""

from typing import Any

import keras
from keras import layers, ops

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, checked
from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.masks import masked_softmax
from s2s_lesson.layers.recurrence import over_time


class Attention(layers.Layer):
    """What every attention here shares; a subclass defines its scores.

    ``layer(query, keys=..., values=..., keys_mask=None)`` does everything at once. When many queries meet the
    same source one after the other, call ``project_keys`` once and ``attend`` for each query.

    attention_weights = softmax(scores / temperature)
    context           = sum_s attention_weights[s] values[s]

    With coverage, the scores see how much attention each source position has had, through one more learned
    vector w: projected_keys[s] + coverage[s] w takes the place of projected_keys[s].

    Args:
        units: int. See the subclass.
        temperature: float above 0. Above 1 the weights are flatter, below 1 sharper.
        coverage: bool.

    Sources: coverage: Tu et al. 2016, section 3.1.1, arXiv:1601.04811, and See et al. 2017, section 2.3,
    arXiv:1704.04368, whose additive score with coverage this is.

    >>> from keras import ops
    >>> from s2s_lesson.layers import Attention
    >>> class Mean(Attention):
    ...     def project_keys(self, keys):
    ...         return keys
    ...
    ...     def scores(self, query, projected_keys):
    ...         return ops.zeros((*query.shape[:2], projected_keys.shape[1]))
    >>> context, weights = Mean(3)(ops.ones((1, 2, 3)), keys=ops.ones((1, 4, 3)), values=ops.ones((1, 4, 5)))
    >>> ops.convert_to_numpy(weights).tolist()
    [[[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]]]
    """

    @checked
    def __init__(
        self, units: PositiveInt, temperature: PositiveFloat = 1.0, coverage: bool = False, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.units, self.temperature, self.coverage = units, temperature, coverage

    def build(
        self,
        query_shape: Shape,
        keys_shape: Shape,
        values_shape: Shape | None = None,
        keys_mask_shape: Shape | None = None,
    ) -> None:
        """Make the weights that every attention shares; a subclass makes its own as well."""
        if self.coverage:
            self.coverage_kernel = self.add_weight(
                shape=(self.units,), initializer="zeros", name="coverage_kernel"
            )

    @property
    def output_shape(self) -> Shape:
        """(None, None, None), of a context, which is as wide as the values: what ``summary`` prints."""
        return (None, None, None)

    def project_keys(self, keys: Tensor) -> Tensor:
        """Do the part of the scores that depends on the source alone.

        Args:
            keys: float (batch, source_length, key_dim).

        Returns:
            float (batch, source_length, units).
        """
        raise NotImplementedError

    def scores(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        """Compare each query with each key.

        Args:
            query: float (batch, target_length, query_dim).
            projected_keys: float (batch, source_length, units).

        Returns:
            float (batch, target_length, source_length).
        """
        raise NotImplementedError

    def weigh(
        self,
        query: Tensor,
        projected_keys: Tensor,
        keys_mask: Tensor | None = None,
        position: Tensor | None = None,
    ) -> Tensor:
        """Turn scores into weights.

        Args:
            query: float (batch, target_length, query_dim).
            projected_keys: float (batch, source_length, units).
            keys_mask: bool (batch, 1, source_length), or one row a query; True = may be seen.
            position: int (batch, target_length). Number of each query, from 0.

        Returns:
            float (batch, target_length, source_length).
        """
        return masked_softmax(self.scores(query, projected_keys) / self.temperature, keys_mask)

    def attend(
        self,
        query: Tensor,
        projected_keys: Tensor,
        values: Tensor,
        keys_mask: Tensor | None = None,
        coverage: Tensor | None = None,
        position: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """As ``call``, for keys that went through ``project_keys``."""
        one_step = len(query.shape) == 2
        if one_step:
            query = query[:, None]  # (batch, 1, query_dim)
        if keys_mask is not None and len(keys_mask.shape) == 2:
            keys_mask = keys_mask[:, None]  # (batch, 1, source_length)
        steps = ops.arange(ops.shape(query)[1], dtype="int32")[None]
        position = steps if position is None else position[:, None] + steps  # (batch, target_length)
        if not self.coverage:
            attention_weights = self.weigh(query, projected_keys, keys_mask, position)
        else:
            if coverage is None:
                coverage = ops.zeros_like(projected_keys[..., 0])
            weigh = self._weigh_covered if one_step else self._weigh_over_time
            attention_weights = weigh(query, projected_keys, keys_mask, position, coverage)
        context = ops.matmul(attention_weights, values)  # (batch, target_length, value_dim)
        if one_step:
            return context[:, 0], attention_weights[:, 0]
        return context, attention_weights

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        keys_mask: Tensor | None = None,
        coverage: Tensor | None = None,
        position: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Weigh the source positions and sum their values.

        Args:
            query: float (batch, target_length, query_dim) for a whole target, or (batch, query_dim) for one
                step. Decoder states.
            keys: float (batch, source_length, key_dim).
            values: float (batch, source_length, value_dim).
            keys_mask: bool (batch, source_length), or (batch, target_length, source_length) where it depends
                on the query; True = real token. None attends everywhere.
            coverage: float (batch, source_length). The sum of the weights of all queries before these; None
                if these are the first. Attention without coverage does not look at it.
            position: int (batch,). Number of the first of these queries, from 0; None means 0. Only
                attention with a monotonic window looks at it.

        Returns:
            context: float (batch, target_length, value_dim), or (batch, value_dim) for one step.
            attention_weights: float (batch, target_length, source_length), or (batch, source_length) for one
                step; rows sum to 1, exactly 0 where masked.

        Raises:
            ValueError: keys and values differ in source_length, or a width does not fit the score.
        """
        if keys.shape[1] != values.shape[1]:
            raise ValueError(
                "Expected keys and values of the same source_length; "
                f"received shapes {tuple(keys.shape)} and {tuple(values.shape)}."
                " Give a value for each key."
            )
        return self.attend(query, self.project_keys(keys), values, keys_mask, coverage, position)

    def get_config(self) -> dict[str, Any]:
        options = {"units": self.units, "temperature": self.temperature, "coverage": self.coverage}
        return {**super().get_config(), **options}

    def _weigh_covered(self, query, projected_keys, keys_mask, position, coverage):
        """Weigh as if all queries came at once: all see the same coverage."""
        keys = projected_keys + coverage[..., None] * self.coverage_kernel
        return self.weigh(query, keys, keys_mask, position)

    def _weigh_over_time(self, query, projected_keys, keys_mask, position, coverage):
        """Weigh for one query after the other: each sees what those before it have attended to."""

        def step(state, inputs):
            mask = inputs["keys_mask"][:, None] > 0 if "keys_mask" in inputs else keys_mask
            query, position = inputs["query"][:, None], state["position"]
            weights = self._weigh_covered(query, projected_keys, mask, position, state["coverage"])[:, 0]
            weights = ops.cast(weights, coverage.dtype)
            return {
                "coverage": state["coverage"] + weights,
                "attention_weights": weights,
                "position": position + 1,
            }

        inputs = {"query": query}
        if keys_mask is not None and keys_mask.shape[1] != 1:
            inputs["keys_mask"] = ops.cast(keys_mask, query.dtype)  # (batch, target_length, source_length)
        state = {
            "coverage": coverage,
            "attention_weights": ops.zeros_like(coverage),
            "position": ops.broadcast_to(position[:, :1], (ops.shape(query)[0], 1)),
        }
        return over_time(step, state, inputs)["attention_weights"]

    def _expect_width(self, name, width):
        if width != self.units:
            raise ValueError(
                f"Expected {name} of width units={self.units} for this score; received width {width}. "
                "Change units, or use the score 'concat', which compares vectors of any two widths."
            )


@keras.saving.register_keras_serializable(package="s2s_lesson")
class NoAttention(Attention):
    """No attention: a context of width 0, and weights of 0 throughout.

    A decoder with it knows of the source only what the encoder's final state holds: the fixed-length
    bottleneck of the first encoder-decoders.

    Source: Sutskever et al. 2014, arXiv:1409.3215.

    >>> from keras import ops
    >>> from s2s_lesson.layers import NoAttention
    >>> keys = ops.ones((2, 4, 6))
    >>> context, _ = NoAttention()(ops.ones((2, 3, 5)), keys=keys, values=keys)
    >>> tuple(context.shape)
    (2, 3, 0)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(units=1, **kwargs)  # of which it makes no use

    def project_keys(self, keys: Tensor) -> Tensor:
        return keys[..., :0]

    def attend(
        self,
        query: Tensor,
        projected_keys: Tensor,
        values: Tensor,
        keys_mask: Tensor | None = None,
        coverage: Tensor | None = None,
        position: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        weights = ops.zeros_like(values[..., 0])  # (batch, source_length)
        if len(query.shape) == 3:
            weights = weights[:, None] * ops.zeros_like(query[..., :1])
        return query[..., :0], weights

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(self)
