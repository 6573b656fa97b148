"""PointerNetwork: the attention over the source positions is the output distribution."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from s2s_lesson import engine
from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.padding import check_padding
from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary
from s2s_lesson.engine import State, Tensor
from s2s_lesson.layers.bahdanau_attention import BahdanauAttention
from s2s_lesson.layers.masks import hide, masked_softmax, with_first_position
from s2s_lesson.layers.recurrence import join_directions
from s2s_lesson.layers.sources import expect_vectors, vectors_mask
from s2s_lesson.models.token_model import TokenModel

FIRST_ID = len(SPECIAL_TOKENS)  # of source position 0


@keras.saving.register_keras_serializable(package="s2s_lesson")
class PointerNetwork(TokenModel):
    """An LSTM encoder and an LSTM decoder that answers with positions of its source.

    The target vocabulary is the four special tokens and, from id 4 on, the positions of the source: id 4 + s
    points at position s. So the searches, losses and metrics of texts serve here as they are. Of the special
    tokens the end alone can be chosen; it is a learned key before those of the source.

    key[s]       = W_k encoder_output[s]
    query[t]     = decoder LSTM(element chosen last; a learned vector at first)
    logits[t, s] = v . tanh(key[s] + W_q query[t])

    What cannot be chosen has a logit of -1e30 (-6e4 in float16), so labels cannot be smoothed.

    Args:
        input_dim: int. Width of an element of the source.
        units: int, of the encoder, the decoder and the attention.
        bidirectional: bool. The encoder reads in both directions, each with half of the units.
        see_elements: bool. Encoder outputs and decoder states stand beside the element itself in keys and
            queries. The paper has the LSTMs' outputs alone.
        glimpse: bool. The decoder attends to the source once, and what it saw stands beside its state in the
            query.
        mask_chosen: bool. A position is chosen once at most.

    Raises:
        ValueError: a size is below 1, or ``units`` is odd where the encoder reads in both directions.

    Source: Vinyals et al. 2015, section 2.3, arXiv:1506.03134. The glimpse: Vinyals et al. 2016, section 4.3,
    arXiv:1511.06391.

    >>> from s2s_lesson.corpora import points
    >>> from s2s_lesson.models import PointerNetwork, pointer_batch
    >>> inputs, _ = pointer_batch(*points.sorting(2, 3))
    >>> logits = PointerNetwork(input_dim=1, units=4)(inputs)
    >>> tuple(logits.shape)  # four special tokens and three positions, at four steps
    (2, 4, 7)
    """

    @checked
    def __init__(
        self,
        input_dim: PositiveInt,
        units: PositiveInt = 128,
        bidirectional: bool = False,
        see_elements: bool = False,
        glimpse: bool = False,
        mask_chosen: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if bidirectional and units % 2:
            raise ValueError(
                f"Expected an even number of units, half for each direction; received {units}. "
                "Add one, or use bidirectional=False."
            )
        self.options = {
            "input_dim": input_dim,
            "units": units,
            "bidirectional": bidirectional,
            "see_elements": see_elements,
            "glimpse": glimpse,
            "mask_chosen": mask_chosen,
        }
        lstm = layers.LSTM(units // 2 if bidirectional else units, return_sequences=True, return_state=True)
        self.encoder = layers.Bidirectional(lstm) if bidirectional else lstm
        self.decoder = layers.LSTM(units, return_sequences=True)
        self.pointer = BahdanauAttention(units)
        self.glimpse = BahdanauAttention(units) if glimpse else None
        self.begin_element = self.add_weight(shape=(1, 1, input_dim), name="begin_element")
        width = units + (input_dim if see_elements else 0)
        self.end_key = self.add_weight(shape=(1, 1, width), name="end_key")
        query_width = width + (width if glimpse else 0)
        self.pointer.build((None, None, query_width), (None, None, width))
        if self.glimpse is not None:
            self.glimpse.build((None, None, width), (None, None, width))
        vectors, ids = np.zeros((1, 2, input_dim), "float32"), np.full((1, 2), FIRST_ID, "int32")
        mask = np.ones((1, 2), bool)
        self({"source_vectors": vectors, "source_mask": mask, "decoder_inputs": ids})  # makes the weights

    @property
    def takes_label_smoothing(self) -> bool:
        """No: what cannot be chosen has no probability."""
        return False

    def encode(
        self, source_vectors: Tensor, source_mask: Tensor | None = None, training: bool = False
    ) -> State:
        """Read the sources; what comes back is all that decoding needs.

        Args:
            source_vectors: float (batch, source_length, input_dim).
            source_mask: bool (batch, source_length); True = real element, padding on the right. None where
                all are real.
            training: bool.

        Returns:
            The state before the first decoder step, a dict whose leaves have the batch axis first; the axis
            ``choices`` holds the end and then the source's positions, 1 + source_length in all:
            ``elements`` float (batch, choices, input_dim), what the decoder reads when it chose one;
            ``keys`` float (batch, choices, units); ``keys_mask`` bool (batch, choices);
            ``recurrent_state`` list of 2 float (batch, units); with ``mask_chosen`` also ``chosen``
            bool (batch, choices); with ``glimpse`` also ``glimpse_keys`` float (batch, choices, units) and
            ``glimpse_values`` float (batch, choices, width).

        Raises:
            ValueError: the shapes are not those above, or sources are padded on the left, which a
                compiled function does not see.
        """
        source_vectors = ops.convert_to_tensor(source_vectors, dtype=self.compute_dtype)
        expect_vectors(source_vectors, self.options["input_dim"])
        source_mask = vectors_mask(source_vectors, source_mask)
        check_padding(engine.known(source_mask), "source_mask")
        first = ops.ones_like(source_mask[:, :1])
        reads = with_first_position(source_mask)
        outputs, *states = self.encoder(source_vectors, mask=reads, training=training)
        states = join_directions(states, 2 if self.options["bidirectional"] else 1)
        if self.options["see_elements"]:
            outputs = ops.concatenate([outputs, source_vectors], axis=-1)
        values = self._with_first(self.end_key, outputs)  # (batch, choices, width)
        state = {
            "elements": self._with_first(self.begin_element, source_vectors),
            "keys": self.pointer.project_keys(values),
            "keys_mask": ops.concatenate([first, source_mask], axis=1),
            "recurrent_state": states,
        }
        if self.options["mask_chosen"]:
            state["chosen"] = ops.zeros_like(state["keys_mask"])
        if self.glimpse is not None:
            state.update(glimpse_keys=self.glimpse.project_keys(values), glimpse_values=values)
        return state

    def decode(self, decoder_inputs: Tensor, state: State, training: bool = False) -> tuple[Tensor, Tensor]:
        """Decode whole targets, each choice given the true ones before it.

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            state: from ``encode``.
            training: bool.

        Returns:
            logits: float (batch, target_length, 4 + source_length).
            pointer_weights: float (batch, target_length, source_length). Probability of each position; what
                is missing to a sum of 1 is that of the end.
        """
        chosen = self._choices(decoder_inputs)  # (batch, target_length)
        elements = self._elements(chosen, state)
        hidden = self.decoder(elements, initial_state=state["recurrent_state"], training=training)
        allowed = state["keys_mask"][:, None]  # (batch, 1, choices)
        if self.options["mask_chosen"]:
            times = ops.cumsum(ops.cast(self._one_hot(chosen, state), "int32"), axis=1)
            allowed = ops.logical_and(allowed, ops.equal(times, 0))  # (batch, target_length, choices)
        logits = self._logits(hidden, elements, allowed, state)
        return logits, ops.softmax(logits, axis=-1)[..., FIRST_ID:]

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one choice.

        Args:
            token_ids: int (batch,). The ids chosen last; the begin token at first.
            state: from ``encode`` or from the step before.

        Returns:
            logits: float (batch, 4 + source_length).
            state: for the next step.
        """
        chosen = self._choices(ops.convert_to_tensor(token_ids))[:, None]  # (batch, 1)
        elements = self._elements(chosen, state)
        hidden, recurrent_state = self.decoder.cell(elements[:, 0], state["recurrent_state"])
        state = {**state, "recurrent_state": list(recurrent_state)}
        allowed = state["keys_mask"]
        if self.options["mask_chosen"]:
            state["chosen"] = ops.logical_or(state["chosen"], self._one_hot(chosen, state)[:, 0])
            allowed = ops.logical_and(allowed, ops.logical_not(state["chosen"]))
        logits = self._logits(hidden[:, None], elements, allowed[:, None], state)
        return logits[:, 0], state

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        """Encode and decode.

        Args:
            inputs: dict of ``source_vectors`` float (batch, source_length, input_dim), ``source_mask``
                bool (batch, source_length) and ``decoder_inputs`` int (batch, target_length).
            training: bool.

        Returns:
            logits: float (batch, target_length, 4 + source_length).
        """
        state = self.encode(inputs["source_vectors"], inputs["source_mask"], training=training)
        return self.decode(inputs["decoder_inputs"], state, training=training)[0]

    def _choices(self, ids):
        """Ids -> indices on the axis ``choices``; all special tokens become 0."""
        return ops.maximum(ops.cast(ids, "int32") - (FIRST_ID - 1), 0)

    def _elements(self, chosen, state):
        return ops.take_along_axis(state["elements"], chosen[:, :, None], axis=1)

    def _one_hot(self, chosen, state):
        """Which position was chosen at each step: bool (batch, target_length, choices), False for the end."""
        positions = ops.arange(ops.shape(state["keys_mask"])[1], dtype="int32")
        return ops.logical_and(ops.equal(chosen[:, :, None], positions), positions > 0)

    def _logits(self, hidden, elements, allowed, state):
        query = ops.concatenate([hidden, elements], axis=-1) if self.options["see_elements"] else hidden
        if self.glimpse is not None:
            scores = self.glimpse.scores(query, state["glimpse_keys"])  # (batch, target_length, choices)
            glimpse_weights = masked_softmax(scores, state["keys_mask"][:, None])
            context = ops.matmul(glimpse_weights, state["glimpse_values"])  # (batch, target_length, width)
            query = ops.concatenate([query, context], axis=-1)
        scores = self.pointer.scores(query, state["keys"])  # (batch, target_length, choices)
        scores = hide(scores, allowed)
        special = hide(ops.zeros_like(scores[..., :1]), False)  # padding, unknown and begin are never chosen
        return ops.concatenate([special, special, special, scores], axis=-1)

    def _with_first(self, first, rest):
        """Put a learned vector (1, 1, width) before the vectors of each row."""
        first = ops.cast(ops.convert_to_tensor(first), rest.dtype)
        return ops.concatenate([ops.zeros_like(rest[:, :1]) + first, rest], axis=1)

    def export_signature(self) -> dict[str, keras.InputSpec]:
        """What an exported model takes: the inputs of ``call``, of any batch and lengths."""
        return {
            "source_vectors": keras.InputSpec(shape=(None, None, self.options["input_dim"]), dtype="float32"),
            "source_mask": keras.InputSpec(shape=(None, None), dtype="bool"),
            "decoder_inputs": keras.InputSpec(shape=(None, None), dtype="int32"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.options}


def positions_of(sequences: Tensor) -> list[list[int]]:
    """Read what a search found.

    Args:
        sequences: int (batch, length). Ids, for example ``greedy_search(...).sequences[:, 0]``.

    Returns:
        list of lists of int: the positions, counted from 0, before the first end token.
    """
    chosen = []
    for row in np.asarray(sequences):
        ends = np.flatnonzero(row == Vocabulary.eos_id)
        chosen.append((row[: ends[0]] if len(ends) else row).astype(int) - FIRST_ID)
    return [positions.tolist() for positions in chosen]
