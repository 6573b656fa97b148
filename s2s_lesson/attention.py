"""Attention: weigh the source positions by their relevance to a decoder state."""

import keras
from keras import layers, ops

from s2s_lesson.masks import masked_softmax


class Attention(layers.Layer):
    """What every attention here shares; a subclass defines its scores.

    ``layer(query, keys=..., values=..., keys_mask=None)`` does everything at once. When many queries meet the
    same source one after the other, call ``project_keys`` once and ``attend`` for each query.

    Args:
        units: int. See the subclass.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

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

    def attend(self, query, projected_keys, values, keys_mask=None):
        """As ``call``, for keys that went through ``project_keys``."""
        one_step = len(query.shape) == 2
        if one_step:
            query = query[:, None]  # (batch, 1, query_dim)
        if keys_mask is not None:
            keys_mask = keys_mask[:, None]  # (batch, 1, source_length)
        scores = self.scores(query, projected_keys)  # (batch, target_length, source_length)
        attention_weights = masked_softmax(scores, keys_mask)
        context = ops.matmul(attention_weights, values)  # (batch, target_length, value_dim)
        if one_step:
            return context[:, 0], attention_weights[:, 0]
        return context, attention_weights

    def call(self, query, keys, values, keys_mask=None):
        """Weigh the source positions and sum their values.

        Args:
            query: float (batch, target_length, query_dim) for a whole target, or (batch, query_dim) for one
                step. Decoder states.
            keys: float (batch, source_length, key_dim).
            values: float (batch, source_length, value_dim).
            keys_mask: bool (batch, source_length); True = real token. None attends everywhere.

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
        return self.attend(query, self.project_keys(keys), values, keys_mask)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    def _expect_width(self, name, width):
        if width != self.units:
            raise ValueError(
                f"Expected {name} of width units={self.units} for this score; received width {width}. "
                "Change units, or use the score 'concat', which compares vectors of any two widths."
            )


@keras.saving.register_keras_serializable(package="s2s_lesson")
class LuongAttention(Attention):
    """Multiplicative attention, in its three global forms.

    dot:      scores[b, t, s] = query[b, t] . keys[b, s]
    general:  scores[b, t, s] = query[b, t] . W keys[b, s]
    concat:   scores[b, t, s] = v . tanh(W [query[b, t]; keys[b, s]])

    Args:
        units: int. The width of the query for dot (where keys have it as well) and general; the width of
            the hidden layer for concat.
        score: "dot", "general" or "concat".

    Source: Luong et al. 2015, section 3.1, arXiv:1508.04025.
    """

    def __init__(self, units, score="general", **kwargs):
        super().__init__(units, **kwargs)
        if score not in ("dot", "general", "concat"):
            raise ValueError(f"Expected score 'dot', 'general' or 'concat'; received {score!r}.")
        self.score = score

    def build(self, query_shape, keys_shape, values_shape=None, keys_mask_shape=None):
        if self.score != "concat":
            self._expect_width("a query", query_shape[-1])
        if self.score == "dot":
            self._expect_width("keys", keys_shape[-1])
        else:
            self.key_kernel = self.add_weight(shape=(keys_shape[-1], self.units), name="key_kernel")
        if self.score == "concat":
            self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
            self.v = self.add_weight(shape=(self.units, 1), name="v")

    def project_keys(self, keys):
        return keys if self.score == "dot" else ops.matmul(keys, self.key_kernel)

    def scores(self, query, projected_keys):
        if self.score == "concat":
            return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)
        return ops.matmul(query, ops.swapaxes(projected_keys, 1, 2))

    def get_config(self):
        return {**super().get_config(), "score": self.score}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class BahdanauAttention(Attention):
    """Additive attention.

    scores[b, t, s] = v . tanh(W_q query[b, t] + W_k keys[b, s])

    Args:
        units: int. Width of the hidden layer.

    Source: Bahdanau et al. 2015, appendix A.1.2, arXiv:1409.0473.
    """

    def build(self, query_shape, keys_shape, values_shape=None, keys_mask_shape=None):
        self.query_kernel = self.add_weight(shape=(query_shape[-1], self.units), name="query_kernel")
        self.key_kernel = self.add_weight(shape=(keys_shape[-1], self.units), name="key_kernel")
        self.v = self.add_weight(shape=(self.units, 1), name="v")

    def project_keys(self, keys):
        return ops.matmul(keys, self.key_kernel)

    def scores(self, query, projected_keys):
        return additive_scores(ops.matmul(query, self.query_kernel), projected_keys, self.v)


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
