"""Attention: weigh the source positions by their relevance to a decoder state."""

import keras
from keras import layers, ops

from s2s_lesson.masks import masked_softmax
from s2s_lesson.recurrence import over_time

WINDOWS = ("none", "monotonic", "predictive")


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
    """

    def __init__(self, units, temperature=1.0, coverage=False, **kwargs):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise ValueError(f"Expected a temperature above 0; received {temperature}.")
        self.units, self.temperature, self.coverage = units, temperature, coverage

    def build(self, query_shape, keys_shape, values_shape=None, keys_mask_shape=None):
        """Make the weights that every attention shares; a subclass makes its own as well."""
        if self.coverage:
            self.coverage_kernel = self.add_weight(
                shape=(self.units,), initializer="zeros", name="coverage_kernel"
            )

    def project_keys(self, keys):
        """Do the part of the scores that depends on the source alone.

        Args:
            keys: float (batch, source_length, key_dim).

        Returns:
            float (batch, source_length, units).
        """
        raise NotImplementedError

    def scores(self, query, projected_keys):
        """Compare each query with each key.

        Args:
            query: float (batch, target_length, query_dim).
            projected_keys: float (batch, source_length, units).

        Returns:
            float (batch, target_length, source_length).
        """
        raise NotImplementedError

    def weigh(self, query, projected_keys, keys_mask=None, position=None):
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

    def attend(self, query, projected_keys, values, keys_mask=None, coverage=None, position=None):
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

    def call(self, query, keys, values, keys_mask=None, coverage=None, position=None):
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
            )
        return self.attend(query, self.project_keys(keys), values, keys_mask, coverage, position)

    def get_config(self):
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
    """

    def __init__(
        self,
        units,
        score="general",
        window="none",
        half_width=5,
        renormalize=True,
        temperature=1.0,
        coverage=False,
        **kwargs,
    ):
        super().__init__(units, temperature, coverage, **kwargs)
        if score not in ("dot", "general", "concat"):
            raise ValueError(f"Expected score 'dot', 'general' or 'concat'; received {score!r}.")
        if window not in WINDOWS:
            raise ValueError(f"Expected a window among {', '.join(WINDOWS)}; received {window!r}.")
        if half_width < 1:
            raise ValueError(f"Expected a half_width of at least 1; received {half_width}.")
        self.score, self.window, self.half_width, self.renormalize = score, window, half_width, renormalize

    def build(self, query_shape, keys_shape, values_shape=None, keys_mask_shape=None):
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

    def project_keys(self, keys):
        return keys if self.score == "dot" else ops.matmul(keys, self.key_kernel)

    def scores(self, query, projected_keys):
        if self.score == "concat":
            return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)
        return ops.matmul(query, ops.swapaxes(projected_keys, 1, 2))

    def weigh(self, query, projected_keys, keys_mask=None, position=None):
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

    def middle(self, query, source_length, position):
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

    def get_config(self):
        options = ("score", "window", "half_width", "renormalize")
        return {**super().get_config(), **{name: getattr(self, name) for name in options}}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class BahdanauAttention(Attention):
    """Additive attention.

    scores[b, t, s] = v . tanh(W_q query[b, t] + W_k keys[b, s])

    Args:
        units: int. Width of the hidden layer.
        temperature, coverage: as in ``Attention``.

    Source: Bahdanau et al. 2015, appendix A.1.2, arXiv:1409.0473.
    """

    def build(self, query_shape, keys_shape, values_shape=None, keys_mask_shape=None):
        super().build(query_shape, keys_shape)
        self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
        self.key_kernel = self.add_weight(shape=(keys_shape[-1], self.units), name="key_kernel")
        self.v = self.add_weight(shape=(self.units, 1), name="v")

    def project_keys(self, keys):
        return ops.matmul(keys, self.key_kernel)

    def scores(self, query, projected_keys):
        return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class NoAttention(Attention):
    """No attention: a context of width 0, and weights of 0 throughout.

    A decoder with it knows of the source only what the encoder's final state holds: the fixed-length
    bottleneck of the first encoder-decoders.

    Source: Sutskever et al. 2014, arXiv:1409.3215.
    """

    def __init__(self, **kwargs):
        super().__init__(units=0, **kwargs)

    def project_keys(self, keys):
        return keys[..., :0]

    def attend(self, query, projected_keys, values, keys_mask=None, coverage=None, position=None):
        weights = ops.zeros_like(values[..., 0])  # (batch, source_length)
        if len(query.shape) == 3:
            weights = weights[:, None] * ops.zeros_like(query[..., :1])
        return query[..., :0], weights

    def get_config(self):
        return layers.Layer.get_config(self)


def additive_scores(projected_query, projected_keys, v):
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
