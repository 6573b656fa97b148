"""Seq2Seq: encoder, bridge and decoder as one Keras model."""

import contextlib
from dataclasses import asdict

import keras
import numpy as np

from s2s_lesson.config import Seq2SeqConfig
from s2s_lesson.copying import CopyDecoder
from s2s_lesson.decoder import AttentionDecoder
from s2s_lesson.encoder import RecurrentEncoder, StateBridge
from s2s_lesson.masks import padding_mask
from s2s_lesson.self_attention import SelfAttentionDecoder

__all__ = ["Seq2Seq", "Seq2SeqConfig"]


@keras.saving.register_keras_serializable(package="s2s_lesson")
class Seq2Seq(keras.Model):
    """An encoder and a decoder with attention.

    ``model({"source_ids", "decoder_inputs"})`` gives the logits that training needs. ``encode`` and ``step``
    are what a search needs: ``beam_search(model.step, model.encode(source_ids), ...)``.

    Args:
        config: a ``Seq2SeqConfig``.
    """

    def __init__(self, config, **kwargs):
        super().__init__(dtype=config.precision, **kwargs)
        self.config = config
        with _precision(config.precision):
            self._make_layers(config)
            ids = np.full((1, 2), 3, "int32")
            self({"source_ids": ids, "copy_ids": ids, "decoder_inputs": ids})  # makes the weights

    def build(self, inputs_shape):
        """Do nothing: the first call makes the weights. Keras would trace it before, and take longer."""

    @property
    def shared_leaves(self):
        """Leaves of the state that ``step`` takes with one row a sentence; see ``AttentionDecoder``."""
        return getattr(self.decoder, "shared_leaves", ())

    @property
    def fixed_leaves(self):
        """Leaves of the state that no step changes."""
        return self.decoder.fixed

    def encode(self, source_ids, copy_ids=None, training=False):
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
            ValueError: the model copies, and there are no ``copy_ids``.
        """
        keys_mask = padding_mask(source_ids)
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

    def decode(self, decoder_inputs, state, training=False):
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

    def step(self, token_ids, state):
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last; the begin token at first.
            state: from ``encode`` or from the step before.

        Returns:
            logits: float (batch, target_vocab_size).
            state: for the next step.
        """
        return self.decoder.step(token_ids, state)

    def call(self, inputs, training=False):
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
        common = {
            "cell": config.cell,
            "residual": config.residual,
            "dropout": config.dropout,
            "recurrent_dropout": config.recurrent_dropout,
        }
        self.encoder = RecurrentEncoder(
            config.source_vocab_size,
            config.embedding_dim,
            config.encoder_units,
            num_layers=config.encoder_layers,
            bidirectional=config.bidirectional,
            output_size=config.target_vocab_size if config.encoder_output_layer else None,
            **common,
        )
        if config.decoder == "self_attention":
            self.bridge = None
            self.decoder = SelfAttentionDecoder(
                config.target_vocab_size,
                config.decoder_units,
                num_layers=config.decoder_layers,
                num_heads=config.num_heads,
                max_target_length=config.max_target_length,
                dropout=config.dropout,
            )
        else:
            self.bridge = StateBridge(
                config.decoder_units, config.decoder_layers, self.encoder.states_per_direction
            )
            self.decoder = (CopyDecoder if config.copy else AttentionDecoder)(
                config.target_vocab_size,
                config.embedding_dim,
                config.decoder_units,
                num_layers=config.decoder_layers,
                attention=config.attention,
                attention_order=config.attention_order,
                input_feeding=config.input_feeding,
                window=config.window,
                half_width=config.half_width,
                temperature=config.temperature,
                coverage=config.coverage,
                embedding=self.encoder.embedding if config.shared_embedding else None,
                **common,
            )

    def get_config(self):
        return {"config": asdict(self.config)}

    def get_compile_config(self):
        """None: a saved model can be loaded without the losses and metrics that it was trained with."""

    @classmethod
    def from_config(cls, config):
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
