"""Seq2Seq: encoder, bridge and decoder as one Keras model."""

import contextlib
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from keras import ops

from s2s_lesson import engine
from s2s_lesson.data.expected import checked
from s2s_lesson.data.padding import check_padding
from s2s_lesson.engine import State, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.layers.copying import CopyDecoder
from s2s_lesson.layers.decoder import AttentionDecoder
from s2s_lesson.layers.encoder import RecurrentEncoder, StateBridge
from s2s_lesson.layers.self_attention_decoder import SelfAttentionDecoder
from s2s_lesson.layers.sources import source_mask_of
from s2s_lesson.models.token_model import TokenModel


@keras.saving.register_keras_serializable(package="s2s_lesson")
class Seq2Seq(TokenModel):
    """An encoder and a decoder with attention.

    ``model({"source_ids", "decoder_inputs"})`` gives the logits that training needs. ``encode`` and ``step``
    are what a search needs: ``beam_search(model.step, model.encode(source_ids), ...)``. Where sources are
    vectors, it is ``model({"source_vectors", "source_mask", "decoder_inputs"})``.

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

    @checked
    def __init__(self, config: Seq2SeqConfig, **kwargs: Any):
        super().__init__(dtype=config.precision, **kwargs)
        self.config = config
        with _precision(config.precision):
            self._make_layers(config)
            self(
                {name: _example(spec) for name, spec in self.export_signature().items()}
            )  # makes the weights

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

    def encode(
        self,
        source: Tensor,
        copy_ids: Tensor | None = None,
        training: bool = False,
        *,
        source_mask: Tensor | None = None,
    ) -> State:
        """Read the sources; what comes back is all that decoding needs.

        Args:
            source: int (batch, source_length), ids, padded with 0 on the right; or, of a model with
                ``source_features``, float (batch, source_length, source_features).
            copy_ids: int (batch, source_length). Which target id each source position stands for; a model
                that copies needs it, and others do not look at it.
            training: bool.
            source_mask: bool (batch, source_length), for vectors; True = real one, padding on the right. None
                where all are real.

        Returns:
            The state before the first decoder step, a dict whose leaves have the batch axis first. See
            ``initial_state`` of the decoder.

        Raises:
            ValueError: the source is not of the model's kind; the model copies, and there are no
                ``copy_ids``; or sources are padded on the left, which a compiled function does not see.
        """
        features = self.config.source_features
        source = ops.convert_to_tensor(source, None if features is None else self.compute_dtype)
        keys_mask = source_mask_of(source, source_mask, features)
        check_padding(engine.known(keys_mask), "source_ids" if features is None else "source_mask")
        encoder_outputs, encoder_state = self.encoder(source, keys_mask, training=training)
        recurrent_state = None if self.bridge is None else self.bridge(encoder_state)
        if not self.config.copy:
            return self.decoder.initial_state(encoder_outputs, keys_mask, recurrent_state)
        if copy_ids is None:
            raise ValueError(
                "Expected copy_ids, the target id of each source position, since the model copies; "
                "received None. ExtendedVocabulary makes them."
            )
        return self.decoder.initial_state(encoder_outputs, keys_mask, recurrent_state, copy_ids)

    def encode_inputs(self, inputs: dict[str, Tensor], training: bool = False) -> State:
        """Read the sources of a batch: ``encode`` of what ``call`` is given.

        Args:
            inputs: as of ``call``; ``decoder_inputs`` are not looked at, and may be missing.
            training: bool.

        Returns:
            As ``encode``.

        Raises:
            ValueError: as ``encode``; or the inputs are those of a model that reads the other kind of source.
        """
        name = self._source_name
        if name not in inputs:
            raise ValueError(
                f"Expected inputs with {name}; received {', '.join(inputs)}. Give a dict that holds it."
            )
        mask = inputs.get("source_mask")
        return self.encode(inputs[name], inputs.get("copy_ids"), training, source_mask=mask)

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

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        """Encode and decode.

        Args:
            inputs: dict of ``source_ids`` int (batch, source_length), ``decoder_inputs`` int
                (batch, target_length) and, for a model that copies, ``copy_ids`` int (batch, source_length).
                With ``source_features`` there are ``source_vectors`` float (batch, source_length,
                source_features) and ``source_mask`` bool (batch, source_length) instead of ids.
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
        """
        state = self.encode_inputs(inputs, training)
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
        """What an exported model takes: each input of ``call``, for any batch and any lengths."""
        ids = keras.InputSpec(dtype="int32", shape=(None, None))
        if (features := self.config.source_features) is not None:
            return {
                "source_vectors": keras.InputSpec(dtype="float32", shape=(None, None, features)),
                "source_mask": keras.InputSpec(dtype="bool", shape=(None, None)),
                "decoder_inputs": ids,
            }
        names = ["source_ids", *(["copy_ids"] if self.config.copy else []), "decoder_inputs"]
        return dict.fromkeys(names, ids)

    @property
    def _source_name(self):
        return "source_ids" if self.config.source_features is None else "source_vectors"

    def get_config(self) -> dict[str, Any]:
        return {"config": asdict(self.config)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Seq2Seq":
        return cls(Seq2SeqConfig(**config["config"]))


def _example(spec):
    """The smallest input of a kind: two tokens, or vectors, of one row."""
    return np.ones(
        [size or default for size, default in zip(spec.shape, (1, 2, 0), strict=False)], spec.dtype
    )


@contextlib.contextmanager
def _precision(name):
    """Make layers of a precision; those made outside are of Keras's own setting, as before."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
