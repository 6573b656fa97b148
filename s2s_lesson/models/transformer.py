"""Transformer: an encoder and a decoder of attention and dense layers alone."""

import keras
import numpy as np
from keras import ops

from s2s_lesson import engine
from s2s_lesson.data.expected import PositiveInt, ShareBelowOne, checked
from s2s_lesson.data.padding import check_padding
from s2s_lesson.engine import State, Tensor
from s2s_lesson.layers.config import Seq2SeqConfig, VocabSize
from s2s_lesson.layers.masks import padding_mask
from s2s_lesson.layers.self_attention_decoder import SelfAttentionDecoder
from s2s_lesson.layers.self_attention_encoder import SelfAttentionEncoder
from s2s_lesson.models.token_model import TokenModel


@keras.saving.register_keras_serializable(package="s2s_lesson")
class Transformer(TokenModel):
    """A small Transformer, without any recurrent layer.

    As with ``Seq2Seq``, ``model({"source_ids", "decoder_inputs"})`` gives the logits that training needs, and
    ``beam_search(model.step, model.encode(source_ids), ...)`` writes. Layers are normalised before each part
    of a block, and positions are sines and cosines.

    Args:
        source_vocab_size: int. Tokens, the four special ones included.
        target_vocab_size: int. Likewise.
        units: int, an even multiple of ``num_heads``: the width of every position. The dense layers within a
            block are four times as wide.
        num_heads: int, of each attention.
        num_layers: int. Blocks of the encoder, and as many of the decoder.
        max_length: int. The longest source, and the longest target, in tokens.
        dropout: float from 0 to below 1.

    Raises:
        ValueError: a size is below 1; the heads cannot share the units evenly, or these are odd.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    >>> from keras import ops
    >>> from s2s_lesson.models import Transformer
    >>> model = Transformer(10, 12, units=8, num_heads=2, num_layers=1)
    >>> state = model.encode(ops.array([[5, 6, 7], [8, 9, 0]]))
    >>> logits, state = model.step(ops.array([2, 2]), state)
    >>> tuple(logits.shape)
    (2, 12)
    """

    fixed_leaves = SelfAttentionDecoder.fixed  # of the state

    @checked
    def __init__(
        self,
        source_vocab_size: VocabSize,
        target_vocab_size: VocabSize,
        units: PositiveInt = 64,
        num_heads: PositiveInt = 4,
        num_layers: PositiveInt = 2,
        max_length: PositiveInt = 100,
        dropout: ShareBelowOne = 0.0,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        self.options = {
            "source_vocab_size": source_vocab_size,
            "target_vocab_size": target_vocab_size,
            "units": units,
            "num_heads": num_heads,
            "num_layers": num_layers,
            "max_length": max_length,
            "dropout": dropout,
        }
        self.config = Seq2SeqConfig(
            source_vocab_size,
            target_vocab_size,
            encoder_units=units,
            decoder_units=units,
            encoder_layers=num_layers,
            decoder_layers=num_layers,
            decoder="self_attention",
            num_heads=num_heads,
            max_target_length=max_length,
            dropout=dropout,
        )
        self.encoder = SelfAttentionEncoder(self.config, max_length)
        self.decoder = SelfAttentionDecoder(self.config)
        ids = np.ones((1, min(2, max_length)), "int32")
        self({"source_ids": ids, "decoder_inputs": ids})  # makes the weights

    def encode(self, source_ids: Tensor, training: bool = False) -> State:
        """Read the sources; what comes back is all that decoding needs.

        Args:
            source_ids: int (batch, source_length), padded with 0 on the right.
            training: bool.

        Returns:
            The state before the first step: see ``SelfAttentionDecoder.initial_state``.

        Raises:
            ValueError: a source is longer than ``max_length``, or sources are padded on the left, which a
                compiled function does not see.
        """
        source_ids = ops.convert_to_tensor(source_ids)
        keys_mask = padding_mask(source_ids)
        check_padding(engine.known(keys_mask), "source_ids")
        encoder_outputs = self.encoder(source_ids, keys_mask, training=training)
        return self.decoder.initial_state(encoder_outputs, keys_mask)

    def encode_inputs(self, inputs: dict[str, Tensor], training: bool = False) -> State:
        """Read the sources of a batch: ``encode`` of what ``call`` is given.

        Args:
            inputs: as of ``call``; ``decoder_inputs`` are not looked at, and may be missing.
            training: bool.

        Returns:
            As ``encode``.

        Raises:
            ValueError: as ``encode``; or there are no ``source_ids``.
        """
        if "source_ids" not in inputs:
            raise ValueError(
                f"Expected inputs with source_ids; received {', '.join(inputs)}. Give a dict that holds them."
            )
        return self.encode(inputs["source_ids"], training)

    def decode(self, decoder_inputs: Tensor, state: State, training: bool = False) -> tuple[Tensor, Tensor]:
        """Decode whole targets, each token given the true ones before it.

        Args:
            decoder_inputs: int (batch, target_length), beginning with the begin token.
            state: from ``encode``.
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
            attention_weights: float (batch, target_length, source_length): those of the last block, the mean
                of its heads.

        Raises:
            ValueError: a target is longer than ``max_length``.
        """
        return self.decoder(decoder_inputs, state, training=training)

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Decode one token.

        Args:
            token_ids: int (batch,). The tokens chosen last; the begin token at first.
            state: from ``encode`` or from the step before, ``max_length`` times at most.

        Returns:
            logits: float (batch, target_vocab_size).
            state: for the next step.
        """
        return self.decoder.step(token_ids, state)

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        """Encode and decode.

        Args:
            inputs: dict of ``source_ids`` int (batch, source_length) and ``decoder_inputs`` int
                (batch, target_length).
            training: bool.

        Returns:
            logits: float (batch, target_length, target_vocab_size).
        """
        state = self.encode_inputs(inputs, training)
        return self.decode(inputs["decoder_inputs"], state, training)[0]

    def weights_by_head(self, inputs: dict[str, Tensor]) -> dict[str, list[Tensor]]:
        """Tell where each head of each block looks.

        Args:
            inputs: as of ``call``.

        Returns:
            dict of lists with one float (batch, num_heads, queries, keys) a block: ``encoder``, the source
            over itself; ``decoder``, the target over itself; ``source``, the target over the source.
        """
        source_ids = ops.convert_to_tensor(inputs["source_ids"])
        of_encoder = self.encoder.weights_by_head(source_ids, padding_mask(source_ids))
        of_decoder = self.decoder.weights_by_head(inputs["decoder_inputs"], self.encode(source_ids))
        return {
            "encoder": of_encoder,
            "decoder": [target for target, _ in of_decoder],
            "source": [source for _, source in of_decoder],
        }

    def export_signature(self) -> dict[str, keras.InputSpec]:
        """What an exported model takes: ids of any batch and lengths."""
        return dict.fromkeys(
            ("source_ids", "decoder_inputs"), keras.InputSpec(dtype="int32", shape=(None, None))
        )

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), **self.options}
