"""AttentionDecoder: the target so far in, one distribution over the next token a step out."""

import keras
from keras import initializers, layers, ops

from s2s_lesson.attention import BahdanauAttention, LuongAttention
from s2s_lesson.encoder import CELLS

ATTENTIONS = ("luong_dot", "luong_general", "luong_concat", "bahdanau")


@keras.saving.register_keras_serializable(package="s2s_lesson")
class AttentionDecoder(layers.Layer):
    """Embedding, a stack of recurrent layers, attention over the source, and the output layer.

    The attention follows the recurrent layers (Luong et al. 2015, without input feeding), so that training
    attends for all time steps in one matrix product:

    hidden[t]     = RNN(hidden[t-1], embedding[t])
    context[t]    = sum_s attention_weights[t, s] values[s]
    attended[t]   = tanh(W_c [context[t]; hidden[t]])
    logits[t]     = W_o attended[t] + b_o

    Args:
        vocab_size: int.
        embedding_dim: int.
        units: int.
        num_layers: int.
        cell: "lstm" or "gru".
        attention: one of ``ATTENTIONS``.
        dropout: float from 0 to 1, on the inputs of every recurrent layer and of the output layer.
        recurrent_dropout: float from 0 to 1, on the hidden state between steps.

    Source: Luong et al. 2015, section 3, arXiv:1508.04025.
    """

    def __init__(
        self,
        vocab_size,
        embedding_dim,
        units,
        num_layers=1,
        cell="lstm",
        attention="luong_general",
        dropout=0.0,
        recurrent_dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.options = {
            "vocab_size": vocab_size,
            "embedding_dim": embedding_dim,
            "units": units,
            "num_layers": num_layers,
            "cell": cell,
            "attention": attention,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
        }
        self.embedding = layers.Embedding(
            vocab_size, embedding_dim, embeddings_initializer=initializers.RandomNormal(stddev=1.0)
        )
        self.dropout = layers.Dropout(dropout)
        self.recurrent_layers = [
            CELLS[cell](units, return_sequences=True, return_state=True, recurrent_dropout=recurrent_dropout)
            for _ in range(num_layers)
        ]
        if attention == "bahdanau":
            self.attention = BahdanauAttention(units)
        else:
            self.attention = LuongAttention(units, score=attention.removeprefix("luong_"))
        self.attended_layer = layers.Dense(units, activation="tanh")
        self.output_layer = layers.Dense(vocab_size)

    def call(self, decoder_inputs, keys, values, keys_mask, recurrent_state, training=False):
        """Decode a whole target, each token given the true ones before it (teacher forcing).

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            keys: float (batch, source_length, units), from ``attention.project_keys``.
            values: float (batch, source_length, value_dim). Encoder outputs.
            keys_mask: bool (batch, source_length); True = real token.
            recurrent_state: list of lists of float (batch, units), one inner list a layer.
            training: bool.

        Returns:
            logits: float (batch, target_length, vocab_size).
            attention_weights: float (batch, target_length, source_length).
        """
        outputs = self.embedding(decoder_inputs)  # (batch, target_length, embedding_dim)
        for layer, states in zip(self.recurrent_layers, recurrent_state, strict=True):
            outputs = self.dropout(outputs, training=training)
            outputs, *_ = layer(outputs, initial_state=states, training=training)
        context, attention_weights = self.attention.attend(outputs, keys, values, keys_mask)
        return self._logits(outputs, context, training), attention_weights

    def step(self, token_ids, keys, values, keys_mask, recurrent_state):
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last.
            keys, values, keys_mask, recurrent_state: as in ``call``.

        Returns:
            logits: float (batch, vocab_size).
            attention_weights: float (batch, source_length).
            recurrent_state: as it was given, one step on.
        """
        outputs = self.embedding(token_ids)  # (batch, embedding_dim)
        next_state = []
        for layer, states in zip(self.recurrent_layers, recurrent_state, strict=True):
            outputs, states = layer.cell(outputs, states)  # (batch, units)
            next_state.append(list(states))
        context, attention_weights = self.attention.attend(outputs, keys, values, keys_mask)
        return self._logits(outputs, context, training=False), attention_weights, next_state

    def _logits(self, outputs, context, training):
        attended = self.attended_layer(ops.concatenate([context, outputs], axis=-1))
        return self.output_layer(self.dropout(attended, training=training))

    def get_config(self):
        return {**super().get_config(), **self.options}
