"""RecurrentEncoder: ids or vectors in, one vector a source position and a final state out."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.engine import Shape, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.configured import ConfiguredLayer
from s2s_lesson.layers.masks import with_first_position
from s2s_lesson.layers.recurrence import join_directions, recurrent_layer
from s2s_lesson.layers.sources import expect_source, source_embedding


@keras.saving.register_keras_serializable(package="s2s_lesson")
class RecurrentEncoder(ConfiguredLayer):
    """Embedding and a stack of recurrent layers that read the source in one or both directions.

    Where sources are vectors, a dense layer without activation stands in the embedding's place.

    Args:
        config: ``Seq2SeqConfig``. The encoder looks at ``source_vocab_size``, ``source_features``,
            ``embedding_dim``, ``encoder_units``, ``encoder_layers``, ``cell``, ``bidirectional``,
            ``residual``, ``dropout``, on the inputs of every recurrent layer, and ``recurrent_dropout``, on
            the hidden state between steps.
        output_size: int or None. Size of an output layer at every source position, see ``output_logits``.

    >>> import keras
    >>> from s2s_lesson.layers import RecurrentEncoder, Seq2SeqConfig
    >>> encoder = RecurrentEncoder(Seq2SeqConfig(10, 10, encoder_units=3))
    >>> source_ids = keras.ops.array([[5, 6, 7], [8, 9, 0]])
    >>> encoder_outputs, encoder_state = encoder(source_ids, source_ids != 0)
    >>> tuple(encoder_outputs.shape)
    (2, 3, 6)
    """

    @checked
    def __init__(self, config: Seq2SeqConfig, output_size: PositiveInt | None = None, **kwargs: Any):
        super().__init__(config, **kwargs)
        self.output_size = output_size
        self.embedding = source_embedding(config)
        self.dropout = layers.Dropout(config.dropout)
        self.directions = 2 if config.bidirectional else 1
        self.width = self.directions * config.encoder_units
        self.recurrent_layers = []
        for _ in range(config.encoder_layers):
            layer = recurrent_layer(config, config.encoder_units)
            self.recurrent_layers.append(layers.Bidirectional(layer) if config.bidirectional else layer)
        self.output_layer = None
        if output_size is not None:
            self.output_layer = layers.Dense(output_size)
            self.output_layer.build((None, None, self.width))

    def build(self, source_shape: Shape, source_mask_shape: Shape | None = None) -> None:
        """Make the weights of the recurrent layers. Keras would trace ``call`` for it, and take longer."""
        self.embedding.build((None, None, self.config.source_features))
        width = self.config.embedding_dim
        for layer in self.recurrent_layers:
            layer.build((None, None, width))
            width = self.width

    @property
    def output_shape(self) -> Shape:
        """(None, None, width), of any batch and length: what ``summary`` of a model prints."""
        return (None, None, self.width)

    def call(
        self, source: Tensor, source_mask: Tensor, training: bool = False
    ) -> tuple[Tensor, list[list[Tensor]]]:
        """Read a batch of sources.

        Args:
            source: int (batch, source_length), ids; with ``source_features``,
                float (batch, source_length, source_features).
            source_mask: bool (batch, source_length); True = real token, padding on the right.
            training: bool.

        Returns:
            encoder_outputs: float (batch, source_length, width); 0 on padding. ``width`` is
                ``encoder_units``, or twice that when bidirectional.
            encoder_state: list with one list a layer: [hidden_state, cell_state] for LSTM, [hidden_state]
                for GRU, each float (batch, width), taken at each row's last real token (forwards) and
                first token (backwards).

        Raises:
            ValueError: the source is not of the kind, or the width, that the encoder was made for.
        """
        expect_source(source, self.config.source_features)
        reads = with_first_position(source_mask)  # outputs and states of blank rows are blanked below
        outputs = self.embedding(source)  # (batch, source_length, embedding_dim)
        encoder_state = []
        for index, layer in enumerate(self.recurrent_layers):
            inputs = outputs
            outputs = self.dropout(inputs, training=training)
            outputs, *states = layer(outputs, mask=reads, training=training)  # (batch, source_length, width)
            if self.config.residual and index > 0:
                outputs = outputs + inputs
            encoder_state.append(join_directions(states, self.directions))
        outputs = outputs * ops.cast(source_mask[:, :, None], outputs.dtype)
        row_mask = ops.cast(source_mask[:, :1], outputs.dtype)
        encoder_state = [[state * row_mask for state in states] for states in encoder_state]
        return outputs, encoder_state

    def output_logits(self, encoder_outputs: Tensor) -> Tensor:
        """Map the encoder outputs to scores over ``output_size`` classes.

        A decoder does not need this. It serves to label every source position, and to give the encoder a
        loss of its own.

        Args:
            encoder_outputs: float (batch, source_length, width).

        Returns:
            float (batch, source_length, output_size).

        Raises:
            ValueError: the encoder has no output layer.
        """
        if self.output_layer is None:
            raise ValueError(
                "Expected an encoder with an output layer; received one made without output_size."
                " Give output_size to the encoder, or read its states."
            )
        return self.output_layer(encoder_outputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class StateBridge(ConfiguredLayer):
    """Turn the encoder's final states into the decoder's first ones, by one dense layer a state.

    Decoder layer i begins from encoder layer i, or from the last one where the encoder has fewer.

    Args:
        config: ``Seq2SeqConfig``: ``decoder_units``, ``decoder_layers``, ``cell``.

    Source: Bahdanau et al. 2015, appendix A.2.2, arXiv:1409.0473, which does this for one state.

    >>> import keras
    >>> from s2s_lesson.layers import Seq2SeqConfig, StateBridge
    >>> bridge = StateBridge(Seq2SeqConfig(10, 10, decoder_units=4, cell="gru"))
    >>> first_states = bridge([[keras.ops.zeros((2, 6))]])
    >>> tuple(first_states[0][0].shape)
    (2, 4)
    """

    @checked
    def __init__(self, config: Seq2SeqConfig, **kwargs: Any):
        super().__init__(config, **kwargs)
        states = config.decoder_layers * (2 if config.cell == "lstm" else 1)
        # One flat list: Keras 3.10 saves no lists of lists.
        self.projections = [layers.Dense(config.decoder_units, activation="tanh") for _ in range(states)]

    def build(self, encoder_state_shape: object) -> None:
        """Do nothing: the projections make their weights in the first call."""

    @property
    def output_shape(self) -> Shape:
        """(None, units), of each first state: what ``summary`` of a model prints."""
        return (None, self.config.decoder_units)

    def call(self, encoder_state: Sequence[Sequence[Tensor]]) -> list[list[Tensor]]:
        """Project the states.

        Args:
            encoder_state: list of lists of float (batch, width), as ``RecurrentEncoder`` returns it.

        Returns:
            list of lists of float (batch, units), one inner list a decoder layer.
        """
        last = len(encoder_state) - 1
        first_states = [encoder_state[min(index, last)] for index in range(self.config.decoder_layers)]
        projections = iter(self.projections)
        return [[next(projections)(state) for state in states] for states in first_states]
