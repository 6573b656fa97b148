"""CopyDecoder: write words from the vocabulary, or copy them from the source."""

import keras
from keras import layers, ops

from s2s_lesson.decoder import AttentionDecoder
from s2s_lesson.vocab import Vocabulary


@keras.saving.register_keras_serializable(package="s2s_lesson")
class CopyDecoder(AttentionDecoder):
    """An ``AttentionDecoder`` that mixes generating and pointing.

    generate[t]  = sigmoid(w . [context[t]; hidden[t]; embedding[t]] + b)
    p(w)         = generate[t] p_vocabulary(w) + (1 - generate[t]) sum of attention_weights[t, s] where s is w

    Ids from 0 to ``vocab_size - 1`` are the vocabulary's. Id ``vocab_size + s`` is a word that the vocabulary
    does not know, and which stands in the source at position s, counted from 0, for the first time. Its
    embedding is that of the unknown word. The logits are ln p, over ``vocab_size + source_length`` ids.

    Args: as in ``AttentionDecoder``.

    Source: See et al. 2017, section 2.2, arXiv:1704.04368.
    """

    fixed = (*AttentionDecoder.fixed, "copy_ids")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.options["attention"] == "none":
            raise ValueError("Expected an attention to copy with; received 'none'.")
        self.generate_layer = layers.Dense(1, activation="sigmoid")

    def build(self, decoder_inputs_shape, state_shape):
        super().build(decoder_inputs_shape, state_shape)
        width = state_shape["values"][-1] + self.units + self.options["embedding_dim"]
        self.generate_layer.build((None, None, width))

    def initial_state(self, encoder_outputs, keys_mask, recurrent_state, copy_ids):
        """As in ``AttentionDecoder``, with what there is to copy.

        Args:
            encoder_outputs, keys_mask, recurrent_state: as in ``AttentionDecoder``.
            copy_ids: int (batch, source_length). Which target id each source position stands for, as the
                class says; 0 on padding.

        Returns:
            The state, with two leaves more: ``copy_ids`` and ``generate`` float (batch, 1), of the last step.
        """
        state = super().initial_state(encoder_outputs, keys_mask, recurrent_state)
        return {**state, "copy_ids": copy_ids, "generate": ops.zeros_like(encoder_outputs[:, 0, :1])}

    def embed(self, ids):
        known = ids < self.options["vocab_size"]
        return self.embedding(ops.where(known, ids, ops.full_like(ids, Vocabulary.unk_id)))

    def read_out(self, embedded, context, outputs):
        generate = self.generate_layer(ops.concatenate([context, outputs, embedded], axis=-1))
        return {**super().read_out(embedded, context, outputs), "generate": generate}

    def logits(self, found, state, training=False):
        vocabulary = ops.softmax(ops.cast(super().logits(found, state, training), "float32"), axis=-1)
        weights = ops.cast(found["attention_weights"], "float32")  # (batch, [target_length,] source_length)
        generate = ops.cast(found["generate"], "float32")  # (batch, [target_length,] 1)
        total = self.options["vocab_size"] + ops.shape(weights)[-1]
        targets = ops.one_hot(state["copy_ids"], total, dtype="float32")  # (batch, source_length, total)
        if len(weights.shape) == 2:
            copied = ops.matmul(weights[:, None], targets)[:, 0]
        else:
            copied = ops.matmul(weights, targets)
        generated = ops.concatenate([vocabulary, ops.zeros_like(weights)], axis=-1)
        probabilities = generate * generated + (1 - generate) * copied
        return ops.log(ops.maximum(probabilities, 1e-30))
