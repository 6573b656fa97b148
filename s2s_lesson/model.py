"""Seq2Seq: encoder, bridge and decoder as one Keras model."""

from dataclasses import asdict, dataclass

import keras
import numpy as np

from s2s_lesson.attention import WINDOWS
from s2s_lesson.decoder import ATTENTION_ORDERS, ATTENTIONS, AttentionDecoder
from s2s_lesson.encoder import CELLS, RecurrentEncoder, StateBridge
from s2s_lesson.masks import padding_mask


@dataclass(frozen=True)
class Seq2SeqConfig:
    """The sizes and choices that make a ``Seq2Seq``.

    Args:
        source_vocab_size: int. Tokens, the four special ones included.
        target_vocab_size: int. Likewise.
        embedding_dim: int, of both sides.
        encoder_units: int, of each direction.
        decoder_units: int.
        encoder_layers: int.
        decoder_layers: int.
        cell: "lstm" or "gru".
        bidirectional: bool. The encoder reads in both directions.
        residual: bool. From the second layer on, on both sides, add a layer's input to its output.
        encoder_output_layer: bool. Give the encoder an output layer over the target vocabulary.
        attention: "none", "luong_dot", "luong_general", "luong_concat" or "bahdanau".
        attention_order: "after_rnn" (all time steps in one matrix product) or "into_rnn".
        input_feeding: bool. Give the decoder's RNN the attended state of the step before.
        window: "none", "monotonic" or "predictive", of Luong's attention.
        half_width: int. Source positions on either side of the window's middle.
        temperature: float above 0, of the attention.
        coverage: bool. Let the attention see what it has attended to.
        dropout: float from 0 to 1.
        recurrent_dropout: float from 0 to 1. Anything above 0 leaves the fast kernels on a GPU.

    Raises:
        ValueError: a value lies outside what is named here, or does not go with another.
    """

    source_vocab_size: int
    target_vocab_size: int
    embedding_dim: int = 64
    encoder_units: int = 128
    decoder_units: int = 128
    encoder_layers: int = 1
    decoder_layers: int = 1
    cell: str = "lstm"
    bidirectional: bool = True
    residual: bool = False
    encoder_output_layer: bool = False
    attention: str = "luong_general"
    attention_order: str = "after_rnn"
    input_feeding: bool = False
    window: str = "none"
    half_width: int = 5
    temperature: float = 1.0
    coverage: bool = False
    dropout: float = 0.0
    recurrent_dropout: float = 0.0

    def __post_init__(self):
        for name in ("source_vocab_size", "target_vocab_size"):
            self._expect(name, getattr(self, name) > 4, "above 4: four ids are special")
        sizes = ("embedding_dim", "encoder_units", "decoder_units", "encoder_layers", "decoder_layers")
        for name in (*sizes, "half_width"):
            self._expect(name, getattr(self, name) >= 1, "of at least 1")
        for name in ("dropout", "recurrent_dropout"):
            self._expect(name, 0 <= getattr(self, name) < 1, "from 0 to below 1")
        self._expect("temperature", self.temperature > 0, "above 0")
        choices = {
            "cell": CELLS,
            "attention": ATTENTIONS,
            "attention_order": ATTENTION_ORDERS,
            "window": WINDOWS,
        }
        for name, known in choices.items():
            self._expect(name, getattr(self, name) in known, f"one of {', '.join(known)}")
        if self.window != "none" and not self.attention.startswith("luong"):
            raise ValueError(
                "Expected one of Luong's attentions for a window; "
                f"received attention {self.attention!r} with window {self.window!r}."
            )
        if self.coverage and self.attention == "none":
            raise ValueError(
                "Expected an attention for coverage; received 'none'. Choose one, or no coverage."
            )
        width = self.encoder_units * (2 if self.bidirectional else 1)
        if self.attention == "luong_dot" and width != self.decoder_units:
            raise ValueError(
                "Expected encoder outputs as wide as decoder states, because 'luong_dot' multiplies them; "
                f"received widths {width} and {self.decoder_units}. A bidirectional encoder's outputs "
                "are twice encoder_units wide: halve encoder_units, or use 'luong_general'."
            )

    def _expect(self, name, holds, what):
        if not holds:
            raise ValueError(f"Expected {name} {what}; received {getattr(self, name)!r}.")


@keras.saving.register_keras_serializable(package="s2s_lesson")
class Seq2Seq(keras.Model):
    """A recurrent encoder and decoder with attention.

    ``model({"source_ids", "decoder_inputs"})`` gives the logits that training needs. ``encode`` and ``step``
    are what a search needs: ``beam_search(model.step, model.encode(source_ids), ...)``.

    Args:
        config: a ``Seq2SeqConfig``.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.config = config
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
        self.bridge = StateBridge(
            config.decoder_units, config.decoder_layers, self.encoder.states_per_direction
        )
        self.decoder = AttentionDecoder(
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
            **common,
        )
        ids = np.full((1, 2), 3, "int32")
        self({"source_ids": ids, "decoder_inputs": ids})  # makes the weights

    def encode(self, source_ids, training=False):
        """Read the sources; what comes back is all that decoding needs.

        Args:
            source_ids: int (batch, source_length), padded with 0 on the right.
            training: bool.

        Returns:
            The state before the first decoder step, a dict whose leaves have the batch axis first. See
            ``AttentionDecoder.initial_state``.
        """
        keys_mask = padding_mask(source_ids)
        encoder_outputs, encoder_state = self.encoder(source_ids, keys_mask, training=training)
        return self.decoder.initial_state(encoder_outputs, keys_mask, self.bridge(encoder_state))

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
            inputs: dict of ``source_ids`` int (batch, source_length) and
                ``decoder_inputs`` int (batch, target_length).
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
        """
        state = self.encode(inputs["source_ids"], training=training)
        logits, _ = self.decode(inputs["decoder_inputs"], state, training=training)
        return logits

    def get_config(self):
        return {"config": asdict(self.config)}

    def get_compile_config(self):
        """None: a saved model can be loaded without the losses and metrics that it was trained with."""

    @classmethod
    def from_config(cls, config):
        return cls(Seq2SeqConfig(**config["config"]))
