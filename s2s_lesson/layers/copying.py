"""CopyDecoder: write words from the vocabulary, or copy them from the source."""

from typing import Any

import keras
from keras import layers, ops

from s2s_lesson.data.expected import checked
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import Shape, State, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.decoder import AttentionDecoder


@keras.saving.register_keras_serializable(package="s2s_lesson")
class CopyDecoder(AttentionDecoder):
    """An ``AttentionDecoder`` that mixes generating and pointing.

    generate[t]  = sigmoid(w . [context[t]; hidden[t]; embedding[t]] + b)
    p(w)         = generate[t] p_vocabulary(w) + (1 - generate[t]) sum of attention_weights[t, s] where s is w

    Ids from 0 to ``target_vocab_size - 1`` are the vocabulary's. Id ``target_vocab_size + s`` is a word that
    the vocabulary does not know, and which stands in the source at position s, counted from 0, for the first
    time. Its embedding is that of the unknown word. The logits are ln p, over
    ``target_vocab_size + source_length`` ids.

    Args: as in ``AttentionDecoder``.

    Source: See et al. 2017, section 2.2, arXiv:1704.04368.

    >>> from keras import ops
    >>> from s2s_lesson.layers import CopyDecoder, Seq2SeqConfig
    >>> decoder = CopyDecoder(Seq2SeqConfig(10, 12, decoder_units=4, cell="gru", copy=True))
    >>> ids, mask = ops.array([[5, 13, 3]]), ops.ones((1, 3), "bool")  # 13 is the unknown word at position 1
    >>> state = decoder.initial_state(ops.ones((1, 3, 6)), mask, [[ops.zeros((1, 4))]], ids)
    >>> logits, state = decoder.step(ops.array([2]), state)
    >>> tuple(logits.shape)
    (1, 15)
    """

    fixed: tuple[str, ...] = (*AttentionDecoder.fixed, "copy_ids")

    @checked
    def __init__(self, config: Seq2SeqConfig, embedding: layers.Embedding | None = None, **kwargs: Any):
        super().__init__(config, embedding, **kwargs)
        if config.attention == "none":
            raise ValueError(
                "Expected an attention to copy with; received 'none'."
                " Choose an attention, or leave copying out."
            )
        self.generate_layer = layers.Dense(1, activation="sigmoid")

    def build(self, decoder_inputs_shape: Shape, state_shape: dict[str, Any]) -> None:
        super().build(decoder_inputs_shape, state_shape)
        width = state_shape["values"][-1] + self.units + self.config.embedding_dim
        self.generate_layer.build((None, None, width))

    @property
    def output_shape(self) -> Shape:
        """Of the logits, as many as there are ids: ``target_vocab_size + source_length``."""
        return (None, None, None)

    def initial_state(  # type: ignore[override]
        self, encoder_outputs: Tensor, keys_mask: Tensor, recurrent_state: Any, copy_ids: Tensor
    ) -> State:
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

    def embed(self, ids: Tensor) -> Tensor:
        known = ids < self.config.target_vocab_size
        return self.embedding(ops.where(known, ids, ops.full_like(ids, Vocabulary.unk_id)))

    def read_out(self, embedded: Tensor, context: Tensor, outputs: Tensor) -> dict[str, Tensor]:
        generate = self.generate_layer(ops.concatenate([context, outputs, embedded], axis=-1))
        return {**super().read_out(embedded, context, outputs), "generate": generate}

    def logits(self, parts: dict[str, Tensor], state: State, training: bool = False) -> Tensor:
        vocabulary = ops.softmax(ops.cast(super().logits(parts, state, training), "float32"), axis=-1)
        weights = ops.cast(parts["attention_weights"], "float32")  # (batch, [target_length,] source_length)
        generate = ops.cast(parts["generate"], "float32")  # (batch, [target_length,] 1)
        total = self.config.target_vocab_size + ops.shape(weights)[-1]
        targets = ops.one_hot(state["copy_ids"], total, dtype="float32")  # (batch, source_length, total)
        if len(weights.shape) == 2:
            copied = ops.matmul(weights[:, None], targets)[:, 0]
        else:
            copied = ops.matmul(weights, targets)
        generated = ops.concatenate([vocabulary, ops.zeros_like(weights)], axis=-1)
        probabilities = generate * generated + (1 - generate) * copied
        return ops.log(ops.maximum(probabilities, 1e-30))
