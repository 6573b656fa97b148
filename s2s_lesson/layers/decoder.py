"""AttentionDecoder: the target so far in, one distribution over the next token a step out."""

from collections.abc import Sequence
from typing import Any, cast

import keras
from keras import layers, ops

from s2s_lesson.data.expected import checked
from s2s_lesson.engine import Shape, State, Tensor
from s2s_lesson.layers.attention import Attention, NoAttention
from s2s_lesson.layers.bahdanau_attention import BahdanauAttention
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.configured import ConfiguredLayer
from s2s_lesson.layers.embeddings import output_layer, target_embedding
from s2s_lesson.layers.luong_attention import LuongAttention, Score
from s2s_lesson.layers.recurrence import over_time, recurrent_layer


@keras.saving.register_keras_serializable(package="s2s_lesson")
class AttentionDecoder(ConfiguredLayer):
    """Embedding, a stack of recurrent layers, attention over the source, and the output layer.

    After the recurrent layers, in the order of Luong et al.:

    hidden[t]     = RNN(hidden[t-1], embedding[t])
    context[t]    = attention(hidden[t])
    attended[t]   = tanh(W_c [context[t]; hidden[t]])
    logits[t]     = W_o attended[t] + b_o, or with ``tied_output`` those of ``TiedOutput``

    Into the recurrent layers, in the order of Bahdanau et al.:

    context[t]    = attention(hidden[t-1])
    hidden[t]     = RNN(hidden[t-1], [embedding[t]; context[t]])

    and the same output. Input feeding, which goes with either, gives the RNN attended[t-1] as well. Attention
    after the RNN and without input feeding needs no loop of our own over time: training runs the RNN over
    the whole target and attends for all time steps in one matrix product.

    Args:
        config: ``Seq2SeqConfig``, all of it that does not say "encoder".
        embedding: ``keras.layers.Embedding`` to share with an encoder, with ``tied_output`` a
            ``TiedEmbedding``; None makes one.

    Sources: Luong et al. 2015, section 3, arXiv:1508.04025; Bahdanau et al. 2015, section 3,
    arXiv:1409.0473, whose output layer is another one.

    >>> from keras import ops
    >>> from s2s_lesson.layers import AttentionDecoder, Seq2SeqConfig
    >>> decoder = AttentionDecoder(Seq2SeqConfig(10, 12, decoder_units=4, cell="gru", attention="bahdanau"))
    >>> state = decoder.initial_state(ops.ones((2, 3, 6)), ops.ones((2, 3), "bool"), [[ops.zeros((2, 4))]])
    >>> logits, state = decoder.step(ops.array([2, 2]), state)
    >>> tuple(logits.shape), tuple(state["attention_weights"].shape)
    ((2, 12), (2, 3))
    """

    fixed: tuple[str, ...] = ("keys", "values", "keys_mask")  # leaves of the state that no step changes

    @checked
    def __init__(self, config: Seq2SeqConfig, embedding: layers.Embedding | None = None, **kwargs: Any):
        super().__init__(config, **kwargs)
        self.units, self.input_feeding = config.decoder_units, config.input_feeding
        self.into_rnn = config.attention_order == "into_rnn"
        self.embedding = embedding or target_embedding(config, config.embedding_dim)
        self.dropout = layers.Dropout(config.dropout)
        self.recurrent_layers = [recurrent_layer(config, self.units) for _ in range(config.decoder_layers)]
        self.attention = attention_layer(config)
        self.attended_layer = layers.Dense(self.units, activation="tanh")
        self.output_layer = output_layer(config, self.embedding)

    def build(self, decoder_inputs_shape: Shape, state_shape: dict[str, Any]) -> None:
        """Make the weights of all parts, whichever of them the first call uses."""
        context_dim = 0 if isinstance(self.attention, NoAttention) else state_shape["values"][-1]
        width = self.config.embedding_dim
        width += context_dim * self.into_rnn + self.units * self.input_feeding
        for layer in self.recurrent_layers:
            layer.build((None, None, width))
            width = self.units
        self.attended_layer.build((None, None, context_dim + self.units))
        self.output_layer.build((None, None, self.units))

    @property
    def output_shape(self) -> Shape:
        """(None, None, vocab_size), of the logits: what ``summary`` of a model prints."""
        return (None, None, self.config.target_vocab_size)

    @property
    def shared_leaves(self) -> tuple[str, ...]:
        """Leaves of the state that ``step`` takes with one row a sentence, whatever its hypotheses.

        Where the weights depend on what a hypothesis attended to before, on its coverage or its position,
        each needs keys of its own.
        """
        if self.config.coverage or self.config.window == "monotonic":
            return ()
        return AttentionDecoder.fixed

    def initial_state(
        self, encoder_outputs: Tensor, keys_mask: Tensor, recurrent_state: Sequence[Any]
    ) -> State:
        """Gather all that decoding needs.

        Args:
            encoder_outputs: float (batch, source_length, width).
            keys_mask: bool (batch, source_length); True = real token.
            recurrent_state: list of lists of float (batch, units), one inner list a layer.

        Returns:
            The state before the first step, a dict whose leaves have the batch axis first. Three leaves
            stay as they are: ``keys`` float (batch, source_length, units), ``values`` the encoder outputs,
            and ``keys_mask``. These change: ``recurrent_state``; ``attention_weights`` float
            (batch, source_length) and ``attended`` float (batch, units), of the last step; with coverage
            ``coverage`` float (batch, source_length); with a monotonic window ``position`` int (batch,).
        """
        if not self.attention.built:
            self.attention.build((None, None, self.units), encoder_outputs.shape)
        no_weights = ops.zeros_like(encoder_outputs[..., 0])
        state = {
            "keys": self.attention.project_keys(encoder_outputs),
            "values": encoder_outputs,
            "keys_mask": keys_mask,
            "recurrent_state": recurrent_state,
            "attention_weights": no_weights,
            "attended": ops.zeros_like(recurrent_state[-1][0]),
        }
        if self.config.coverage:
            state["coverage"] = no_weights
        if self.config.window == "monotonic":
            state["position"] = ops.zeros_like(keys_mask[:, 0], dtype="int32")
        return state

    def call(self, decoder_inputs: Tensor, state: State, training: bool = False) -> tuple[Tensor, Tensor]:
        """Decode a whole target, each token given the true ones before it (teacher forcing).

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            state: from ``initial_state``.
            training: bool.

        Returns:
            logits: float (batch, target_length, vocab_size).
            attention_weights: float (batch, target_length, source_length).
        """
        embedded = self.embed(decoder_inputs)  # (batch, target_length, embedding_dim)
        if self.into_rnn or self.input_feeding:
            parts = self._one_step_after_the_other(embedded, state, training)
        else:
            parts = self._all_steps_at_once(embedded, state, training)
        return self.logits(parts, state, training), parts["attention_weights"]

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last.
            state: from ``initial_state`` or from the step before. ``shared_leaves`` may have one row for
                several of the others, which lie together.

        Returns:
            logits: float (batch, vocab_size).
            state: for the next step; ``attention_weights`` are those of this one.
        """
        parts = self._advance(self.embed(token_ids), state)
        return self.logits(parts, state), {**state, **parts}

    def embed(self, ids: Tensor) -> Tensor:
        """Look up the embeddings: int (...) -> float (..., embedding_dim)."""
        return self.embedding(ids)

    def read_out(self, embedded: Tensor, context: Tensor, outputs: Tensor) -> dict[str, Tensor]:
        """Make what the logits are computed from.

        Args:
            embedded: float (..., embedding_dim). Token that came in.
            context: float (..., value_dim).
            outputs: float (..., units), of the recurrent layers.

        Returns:
            dict of float (..., width), among them ``attended``, which input feeding needs.
        """
        return {"attended": self.attended_layer(ops.concatenate([context, outputs], axis=-1))}

    def logits(self, parts: dict[str, Tensor], state: dict[str, Any], training: bool = False) -> Tensor:
        """Score the vocabulary.

        Args:
            parts: what ``read_out`` made, and ``attention_weights``.
            state: dict.
            training: bool.

        Returns:
            float (..., vocab_size).
        """
        return self.output_layer(self.dropout(parts["attended"], training=training))

    def _all_steps_at_once(self, embedded, state, training):
        """Run the recurrent layers over the whole target, then attend for all of it."""
        outputs = embedded
        for index, (layer, states) in enumerate(
            zip(self.recurrent_layers, state["recurrent_state"], strict=True)
        ):
            inputs = outputs
            outputs = self.dropout(inputs, training=training)
            outputs, *_ = layer(outputs, initial_state=states, training=training)
            if self.config.residual and index > 0:
                outputs = outputs + inputs
        context, attention_weights = self._attend(outputs, state)
        return {**self.read_out(embedded, context, outputs), "attention_weights": attention_weights}

    def _one_step_after_the_other(self, embedded, state, training):
        """Go through time with ``_advance``, as ``step`` does."""
        noise = self._noise(embedded, training)

        def step(changing, inputs):
            return self._advance(inputs["embedded"], {**state, **changing}, inputs.get("noise"), training)

        changing = {name: leaf for name, leaf in state.items() if name not in self.fixed}
        inputs = {"embedded": embedded} if noise is None else {"embedded": embedded, "noise": noise}
        cells = [layer.cell for layer in self.recurrent_layers]
        for cell, states in zip(cells, state["recurrent_state"], strict=True):
            cell.get_recurrent_dropout_mask(states[0])  # drawn here, and the same at every step
        states = over_time(step, changing, inputs)
        for cell in cells:
            cell.reset_recurrent_dropout_mask()
        return states

    def _advance(self, embedded, state, noise=None, training=False):
        """One step through recurrent layers and attention.

        Args:
            embedded: float (batch, embedding_dim).
            state: dict.
            noise: list of float (batch, width), what dropout multiplies the inputs of each layer by.
            training: bool. Whether the cells drop what their recurrent dropout names.

        Returns:
            dict of the leaves of the state that change.
        """
        inputs = [embedded]
        if self.into_rnn:
            context, attention_weights = self._attend(state["recurrent_state"][-1][0], state)
            inputs.append(context)
        if self.input_feeding:
            inputs.append(state["attended"])
        outputs = ops.concatenate(inputs, axis=-1)
        recurrent_state = []
        for index, (layer, states) in enumerate(
            zip(self.recurrent_layers, state["recurrent_state"], strict=True)
        ):
            inputs = outputs
            fed = inputs if noise is None else inputs * noise[index]
            outputs, states = layer.cell(fed, states, training=training)  # (batch, units)
            recurrent_state.append(list(states))
            if self.config.residual and index > 0:
                outputs = outputs + inputs
        if not self.into_rnn:
            context, attention_weights = self._attend(outputs, state)

        attention_weights = ops.cast(attention_weights, state["attention_weights"].dtype)
        changed = {
            "recurrent_state": recurrent_state,
            "attention_weights": attention_weights,
            **self.read_out(embedded, context, outputs),
        }
        if "coverage" in state:
            changed["coverage"] = state["coverage"] + attention_weights
        if "position" in state:
            changed["position"] = state["position"] + 1
        return changed

    def _attend(self, query, state):
        source = state["keys"], state["values"], state["keys_mask"]
        if len(query.shape) == 3 or not self.shared_leaves:
            optional = {"coverage": state.get("coverage"), "position": state.get("position")}
            return self.attention.attend(query, *source, **optional)
        rows, (sentences, source_length) = ops.shape(query)[0], ops.shape(state["keys_mask"])
        query = ops.reshape(query, (sentences, -1, self.units))  # the hypotheses of a sentence lie together
        context, attention_weights = self.attention.attend(query, *source)
        context = ops.reshape(context, (rows, context.shape[-1]))
        return context, ops.reshape(attention_weights, (rows, source_length))

    def _noise(self, embedded, training):
        """Draw what dropout multiplies by, for all steps: none can be drawn inside the loop."""
        if not training or self.dropout.rate == 0:
            return None
        batch, length = ops.shape(embedded)[:2]
        widths = [layer.cell.kernel.shape[0] for layer in self.recurrent_layers]
        ones = [ops.ones((batch, length, width), dtype=embedded.dtype) for width in widths]
        return [self.dropout(part, training=True) for part in ones]


def attention_layer(config: Seq2SeqConfig) -> Attention:
    """Make the attention of a recurrent decoder, as a configuration describes it."""
    if config.attention == "none":
        return NoAttention()
    shared: dict[str, Any] = {"temperature": config.temperature, "coverage": config.coverage}
    if config.attention == "bahdanau":
        return BahdanauAttention(config.decoder_units, **shared)
    score = cast(Score, config.attention.removeprefix("luong_"))
    return LuongAttention(config.decoder_units, score, config.window, config.half_width, **shared)
