"""Seq2Seq: encoder, bridge and decoder as one Keras model."""

import contextlib
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.data.padding import check_padding
from s2s_lesson.engine import State, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.copying import CopyDecoder
from s2s_lesson.layers.decoder import AttentionDecoder
from s2s_lesson.layers.encoder import RecurrentEncoder, StateBridge
from s2s_lesson.layers.masks import padding_mask
from s2s_lesson.layers.self_attention_decoder import SelfAttentionDecoder
from s2s_lesson.models.token_model import TokenModel


@keras.saving.register_keras_serializable(package="s2s_lesson")
class Seq2Seq(TokenModel):
    """An encoder and a decoder with attention.

    ``model({"source_ids", "decoder_inputs"})`` gives the logits that training needs. ``encode`` and ``step``
    are what a search needs: ``beam_search(model.step, model.encode(source_ids), ...)``.

    Args:
        config: a ``Seq2SeqConfig``.

    >>> from keras import ops
    >>> from s2s_lesson.layers import Seq2SeqConfig
    >>> from s2s_lesson.models import Seq2Seq
    >>> model = Seq2Seq(Seq2SeqConfig(10, 12, embedding_dim=3, encoder_units=4, decoder_units=5))
    >>> state = model.encode(ops.array([[5, 6, 7], [8, 9, 0]]))
    >>> logits, state = model.step(ops.array([2, 2]), state)
    >>> tuple(logits.shape)
    (2, 12)
    """

    def __init__(self, config: Seq2SeqConfig, **kwargs: Any):
        super().__init__(dtype=config.precision, **kwargs)
        self.config = config
        with _precision(config.precision):
            self._make_layers(config)
            ids = np.full((1, 2), 3, "int32")
            self({"source_ids": ids, "copy_ids": ids, "decoder_inputs": ids})  # makes the weights

    def build(self, inputs_shape: Any) -> None:
        """Do nothing: the first call makes the weights. Keras would trace it before, and take longer."""

    @property
    def takes_label_smoothing(self) -> bool:
        """Whether labels can be smoothed: not where most tokens that could be copied stand in no source."""
        return not self.config.copy

    @property
    def shared_leaves(self) -> tuple[str, ...]:
        """Leaves of the state that ``step`` takes with one row a sentence; see ``AttentionDecoder``."""
        return getattr(self.decoder, "shared_leaves", ())

    @property
    def fixed_leaves(self) -> tuple[str, ...]:
        """Leaves of the state that no step changes."""
        return self.decoder.fixed

    def encode(self, source_ids: Tensor, copy_ids: Tensor | None = None, training: bool = False) -> State:
        """Read the sources; what comes back is all that decoding needs.

        Args:
            source_ids: int (batch, source_length), padded with 0 on the right.
            copy_ids: int (batch, source_length). Which target id each source position stands for; a model
                that copies needs it, and others do not look at it.
            training: bool.

        Returns:
            The state before the first decoder step, a dict whose leaves have the batch axis first. See
            ``initial_state`` of the decoder.

        Raises:
            ValueError: the model copies, and there are no ``copy_ids``; or sources are padded on the left,
                which a compiled function does not see.
        """
        keys_mask = padding_mask(source_ids)
        check_padding(engine.known(keys_mask), "source_ids")
        encoder_outputs, encoder_state = self.encoder(source_ids, keys_mask, training=training)
        recurrent_state = None if self.bridge is None else self.bridge(encoder_state)
        if not self.config.copy:
            return self.decoder.initial_state(encoder_outputs, keys_mask, recurrent_state)
        if copy_ids is None:
            raise ValueError(
                "Expected copy_ids, the target id of each source position, since the model copies; "
                "received None. ExtendedVocabulary makes them."
            )
        return self.decoder.initial_state(encoder_outputs, keys_mask, recurrent_state, copy_ids)

    def decode(self, decoder_inputs: Tensor, state: State, training: bool = False) -> tuple[Tensor, Tensor]:
        """Decode whole targets, each token given the true ones before it.

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            state: from ``encode``.
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
            attention_weights: float (batch, target_length, source_length).
        """
        return self.decoder(decoder_inputs, state, training=training)

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last; the begin token at first.
            state: from ``encode`` or from the step before.

        Returns:
            logits: float (batch, target_vocab_size).
            state: for the next step.
        """
        return self.decoder.step(token_ids, state)

    def call(self, inputs: dict[str, Any], training: bool = False) -> Tensor:
        """Encode and decode.

        Args:
            inputs: dict of ``source_ids`` int (batch, source_length), ``decoder_inputs`` int
                (batch, target_length) and, for a model that copies, ``copy_ids`` int (batch, source_length).
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
        """
        state = self.encode(inputs["source_ids"], inputs.get("copy_ids"), training=training)
        logits, _ = self.decode(inputs["decoder_inputs"], state, training=training)
        return logits

    def _make_layers(self, config):
        classes = config.target_vocab_size if config.encoder_output_layer else None
        self.encoder, self.bridge = RecurrentEncoder(config, classes), None
        if config.decoder == "self_attention":
            self.decoder = SelfAttentionDecoder(config)
            return
        self.bridge = StateBridge(config)
        embedding = self.encoder.embedding if config.shared_embedding else None
        self.decoder = (CopyDecoder if config.copy else AttentionDecoder)(config, embedding)

    def export_signature(self) -> dict[str, keras.InputSpec]:
        """What an exported model takes: int32 (any batch, any length) for each input of ``call``."""
        names = (
            ("source_ids", "copy_ids", "decoder_inputs")
            if self.config.copy
            else ("source_ids", "decoder_inputs")
        )
        return {name: keras.InputSpec(dtype="int32", shape=(None, None)) for name in names}

    def get_config(self) -> dict[str, Any]:
        return {"config": asdict(self.config)}

    def get_compile_config(self) -> None:
        """None: a saved model can be loaded without the losses and metrics that it was trained with."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Seq2Seq":
        return cls(Seq2SeqConfig(**config["config"]))


@contextlib.contextmanager
def _precision(name):
    """Make layers of a precision; those made outside are of Keras's own setting, as before."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
