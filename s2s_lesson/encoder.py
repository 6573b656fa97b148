"""RecurrentEncoder: ids in, one vector a source position and a final state out."""

import keras
from keras import initializers, layers, ops

from s2s_lesson.recurrence import LSTM

CELLS = {"lstm": LSTM, "gru": layers.GRU}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class RecurrentEncoder(layers.Layer):
    """Embedding and a stack of recurrent layers that read the source in one or both directions.

    Args:
        vocab_size: int.
        embedding_dim: int.
        units: int, of each direction.
        num_layers: int.
        cell: "lstm" or "gru".
        bidirectional: bool. Read the source forwards and backwards and concatenate both.
        residual: bool. From the second layer on, add a layer's input to its output.
        dropout: float from 0 to 1, on the inputs of every recurrent layer.
        recurrent_dropout: float from 0 to 1, on the hidden state between steps.
        output_size: int or None. Size of an output layer at every source position, see ``output_logits``.
    """

    def __init__(
        self,
        vocab_size,
        embedding_dim,
        units,
        num_layers=1,
        cell="lstm",
        bidirectional=True,
        residual=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        output_size=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"Expected one of {', '.join(CELLS)}; received {cell!r}.")
        self.options = {
            "vocab_size": vocab_size,
            "embedding_dim": embedding_dim,
            "units": units,
            "num_layers": num_layers,
            "cell": cell,
            "bidirectional": bidirectional,
            "residual": residual,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "output_size": output_size,
        }
        self.residual = residual
        self.embedding = layers.Embedding(
            vocab_size, embedding_dim, embeddings_initializer=initializers.RandomNormal(stddev=1.0)
        )
        self.dropout = layers.Dropout(dropout)
        self.recurrent_layers = []
        for _ in range(num_layers):
            layer = CELLS[cell](
                units, return_sequences=True, return_state=True, recurrent_dropout=recurrent_dropout
            )
            self.recurrent_layers.append(layers.Bidirectional(layer) if bidirectional else layer)
        self.states_per_direction = 2 if cell == "lstm" else 1
        self.output_layer = None
        if output_size is not None:
            self.output_layer = layers.Dense(output_size)
            self.output_layer.build((None, None, units * (2 if bidirectional else 1)))

    def build(self, source_ids_shape, source_mask_shape=None):
        """Make the weights of the recurrent layers. Keras would trace ``call`` for it, and take longer."""
        width = self.options["embedding_dim"]
        for layer in self.recurrent_layers:
            layer.build((None, None, width))
            width = self.options["units"] * (2 if self.options["bidirectional"] else 1)

    def call(self, source_ids, source_mask, training=False):
        """Read a batch of sources.

        Args:
            source_ids: int (batch, source_length).
            source_mask: bool (batch, source_length); True = real token, padding on the right.
            training: bool.

        Returns:
            encoder_outputs: float (batch, source_length, width); 0 on padding. ``width`` is ``units``, or
                twice that when bidirectional.
            encoder_state: list with one list a layer: [hidden_state, cell_state] for LSTM, [hidden_state]
                for GRU, each float (batch, width), taken at each row's last real token (forwards) and
                first token (backwards).
        """
        # The fused kernels on a GPU reject rows without any real token. We let such a row read its first
        # position, and blank its outputs and states below.
        reads = ops.concatenate([ops.ones_like(source_mask[:, :1]), source_mask[:, 1:]], axis=1)
        outputs = self.embedding(source_ids)  # (batch, source_length, embedding_dim)
        encoder_state = []
        for index, layer in enumerate(self.recurrent_layers):
            inputs = outputs
            outputs = self.dropout(inputs, training=training)
            outputs, *states = layer(outputs, mask=reads, training=training)  # (batch, source_length, width)
            if self.residual and index > 0:
                outputs = outputs + inputs
            encoder_state.append(self._join_directions(states))
        outputs = outputs * ops.cast(source_mask[:, :, None], outputs.dtype)
        row_mask = ops.cast(source_mask[:, :1], outputs.dtype)
        encoder_state = [[state * row_mask for state in states] for states in encoder_state]
        return outputs, encoder_state

    def output_logits(self, encoder_outputs):
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
            )
        return self.output_layer(encoder_outputs)

    def _join_directions(self, states):
        """[forward h, forward c, backward h, backward c] -> [h, c] with both directions side by side."""
        count = self.states_per_direction
        if len(states) == count:
            return list(states)
        return [ops.concatenate([states[i], states[i + count]], axis=-1) for i in range(count)]

    def get_config(self):
        return {**super().get_config(), **self.options}


@keras.saving.register_keras_serializable(package="s2s_lesson")
class StateBridge(layers.Layer):
    """Turn the encoder's final states into the decoder's first ones, by one dense layer a state.

    Decoder layer i begins from encoder layer i, or from the last one where the encoder has fewer.

    Args:
        units: int, of the decoder.
        num_layers: int, of the decoder.
        states_per_layer: 2 for LSTM, 1 for GRU.

    Source: Bahdanau et al. 2015, appendix A.2.2, arXiv:1409.0473, which does this for one state.
    """

    def __init__(self, units, num_layers, states_per_layer, **kwargs):
        super().__init__(**kwargs)
        self.options = {"units": units, "num_layers": num_layers, "states_per_layer": states_per_layer}
        self.num_layers = num_layers
        # One flat list: Keras 3.10 saves no lists of lists.
        self.projections = [
            layers.Dense(units, activation="tanh") for _ in range(num_layers * states_per_layer)
        ]

    def build(self, encoder_state_shape):
        """Do nothing: the projections make their weights in the first call."""

    def call(self, encoder_state):
        """Project the states.

        Args:
            encoder_state: list of lists of float (batch, width), as ``RecurrentEncoder`` returns it.

        Returns:
            list of lists of float (batch, units), one inner list a decoder layer.
        """
        first_states = [encoder_state[min(index, len(encoder_state) - 1)] for index in range(self.num_layers)]
        projections = iter(self.projections)
        return [[next(projections)(state) for state in states] for states in first_states]

    def get_config(self):
        return {**super().get_config(), **self.options}
