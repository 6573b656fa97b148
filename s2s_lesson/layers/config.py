"""Seq2SeqConfig: the sizes and choices that make a model."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Literal, TypeAlias, get_args

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Range, ShareBelowOne, checked
from s2s_lesson.data.memory import expect_memory

Cell: TypeAlias = Literal["lstm", "gru"]
AttentionName: TypeAlias = Literal["none", "luong_dot", "luong_general", "luong_concat", "bahdanau"]
Window: TypeAlias = Literal["none", "monotonic", "predictive"]  # of Luong's attention
Precision: TypeAlias = Literal["float32", "mixed_float16", "mixed_bfloat16"]
FrozenEmbeddings: TypeAlias = Literal["none", "source", "target", "both"]
VocabSize: TypeAlias = Annotated[int, Range(4, above=True)]  # four ids are special
CELLS, ATTENTIONS, PRECISIONS = get_args(Cell), get_args(AttentionName), get_args(Precision)


@checked
@dataclass(frozen=True)
class Seq2SeqConfig:
    """The sizes and choices that make a ``Seq2Seq``.

    Args:
        source_vocab_size: int. Tokens, the four special ones included. None where sources are vectors: see
            ``source_features``.
        target_vocab_size: int. Likewise.
        embedding_dim: int, of both sides.
        encoder_units: int, of each direction.
        decoder_units: int.
        encoder_layers: int.
        decoder_layers: int.
        cell: "lstm" or "gru".
        bidirectional: bool. The encoder reads in both directions.
        shared_embedding: bool. Both sides look ids up in one table, which needs one vocabulary for both.
        tied_output: bool. The output layer and the target embedding share one table, with a projection before
            it where decoder_units differ from embedding_dim; see ``TiedOutput``. With shared_embedding it is
            that of both sides.
        frozen_embeddings: "none", "source", "target" or "both": the sides whose embedding training leaves as
            it is, pretrained ones for example; with tied_output the target's table in the output layer, too.
        residual: bool. From the second layer on, on both sides, add a layer's input to its output.
        encoder_output_layer: bool. Give the encoder an output layer over the target vocabulary.
        decoder: "recurrent" or "self_attention", a small Transformer decoder. The options of attention below
            are those of the recurrent one.
        num_heads: int, of the self-attention decoder.
        max_target_length: int. The longest target of the self-attention decoder, in tokens.
        attention: "none", "luong_dot", "luong_general", "luong_concat" or "bahdanau".
        attention_order: "after_rnn" (all time steps in one matrix product) or "into_rnn".
        input_feeding: bool. Give the decoder's RNN the attended state of the step before.
        window: "none", "monotonic" or "predictive", of Luong's attention.
        half_width: int. Source positions on either side of the window's middle.
        temperature: float above 0, of the attention.
        coverage: bool. Let the attention see what it has attended to.
        copy: bool. Let the recurrent decoder copy words from the source, see ``CopyDecoder``.
        dropout: float from 0 to below 1.
        recurrent_dropout: float from 0 to below 1. Anything above 0 leaves the fast kernels on a GPU.
        precision: "float32", "mixed_float16" (for GPUs) or "mixed_bfloat16" (for newer GPUs and CPUs). The
            mixed ones compute in 16 bits and keep the weights in 32. None is Keras's setting for all
            layers, float32 unless it was changed.
        source_features: int. Sources are sequences of vectors of so many numbers, such as the frames of a
            signal, and not of ids: the encoder has no embedding, but a dense layer that maps each vector to
            ``embedding_dim`` numbers. None where they are ids.

    Raises:
        ValueError: a value lies outside what is named here, does not go with another, or asks for more
            weights than the memory has room for.

    >>> from s2s_lesson.layers import Seq2SeqConfig
    >>> Seq2SeqConfig(30, 40, cell="gru").attention
    'luong_general'
    >>> Seq2SeqConfig(None, 40, source_features=3).source_features
    3
    >>> Seq2SeqConfig(30, 40, cell="rnn")
    Traceback (most recent call last):
    ValueError: Expected cell one of lstm, gru; received 'rnn'. Give another value.
    """

    source_vocab_size: VocabSize | None
    target_vocab_size: VocabSize
    embedding_dim: PositiveInt = 64
    encoder_units: PositiveInt = 128
    decoder_units: PositiveInt = 128
    encoder_layers: PositiveInt = 1
    decoder_layers: PositiveInt = 1
    cell: Cell = "lstm"
    bidirectional: bool = True
    shared_embedding: bool = False
    tied_output: bool = False
    frozen_embeddings: FrozenEmbeddings = "none"
    residual: bool = False
    encoder_output_layer: bool = False
    decoder: Literal["recurrent", "self_attention"] = "recurrent"
    num_heads: PositiveInt = 4
    max_target_length: PositiveInt = 100
    attention: AttentionName = "luong_general"
    attention_order: Literal["after_rnn", "into_rnn"] = "after_rnn"
    input_feeding: bool = False
    window: Window = "none"
    half_width: PositiveInt = 5
    temperature: PositiveFloat = 1.0
    coverage: bool = False
    copy: bool = False
    dropout: ShareBelowOne = 0.0
    recurrent_dropout: ShareBelowOne = 0.0
    precision: Precision | None = None
    source_features: PositiveInt | None = None

    def __post_init__(self):
        self._expect_one_kind_of_source()
        self._expect_room()
        if self.window != "none" and not self.attention.startswith("luong"):
            raise ValueError(
                "Expected one of Luong's attentions for a window; "
                f"received attention {self.attention!r} with window {self.window!r}."
                ' Take "luong" attention with a window, or leave the window out.'
            )
        for name in ("coverage", "copy"):
            if getattr(self, name) and self.attention == "none":
                raise ValueError(
                    f"Expected an attention for {name}; received 'none'. Choose one, or no {name}."
                )
        if self.shared_embedding and self.source_vocab_size != self.target_vocab_size:
            raise ValueError(
                "Expected vocabularies of one size for a shared embedding; received "
                f"{self.source_vocab_size} and {self.target_vocab_size}. Take one vocabulary for both sides."
            )
        if self.shared_embedding and self.frozen_embeddings in ("source", "target"):
            raise ValueError(
                "Expected frozen_embeddings none or both with a shared embedding, which is one table; "
                f"received {self.frozen_embeddings!r}."
                " Freeze both or none, or give each side a table of its own."
            )
        if self.decoder == "self_attention":
            self._expect_self_attention()
        width = self.encoder_units * (2 if self.bidirectional else 1)
        if self.attention == "luong_dot" and width != self.decoder_units:
            raise ValueError(
                "Expected encoder outputs as wide as decoder states, because 'luong_dot' multiplies them; "
                f"received widths {width} and {self.decoder_units}. A bidirectional encoder's outputs "
                "are twice encoder_units wide: halve encoder_units, or use 'luong_general'."
            )

    def _expect_one_kind_of_source(self):
        """Either ids or vectors; an embedding is shared, and a word copied, by its id alone."""
        if (self.source_vocab_size is None) == (self.source_features is None):
            raise ValueError(
                "Expected source_vocab_size for sources of ids, or source_features, with None as the "
                f"source_vocab_size, for sources of vectors; received {self.source_vocab_size} and "
                f"{self.source_features}. Pass one of them."
            )
        for name in ("shared_embedding", "copy"):
            if self.source_features is not None and getattr(self, name):
                raise ValueError(
                    f"Expected sources of ids for {name}; received source_features={self.source_features}. "
                    "Leave it out: vectors are no words of the target vocabulary."
                )

        if self.source_features is not None and self.frozen_embeddings in ("source", "both"):
            raise ValueError(
                "Expected frozen_embeddings none or target with source_features, since vectors have no "
                f"embedding; received {self.frozen_embeddings!r}."
                " Freeze the target or nothing."
            )

    def _expect_room(self):
        """Compare the greatest of the weights, each a product of a few sizes, with the free memory."""
        gates = 4 if self.cell == "lstm" else 3
        matrices = [
            (gates, ("encoder_layers", "encoder_units", "encoder_units")),
            (gates, ("decoder_layers", "decoder_units", "decoder_units")),
            (1, ("source_features" if self.source_features else "source_vocab_size", "embedding_dim")),
            (1, ("target_vocab_size", "embedding_dim")),
            (1, ("embedding_dim" if self.tied_output else "target_vocab_size", "decoder_units")),
            (1, ("encoder_units", "decoder_units")),
        ]
        if self.decoder == "self_attention":
            matrices.append((1, ("max_target_length", "decoder_units")))
        counts = [many * math.prod(getattr(self, name) for name in names) for many, names in matrices]
        _, names = matrices[counts.index(max(counts))]
        option = max(names, key=lambda name: getattr(self, name))
        expect_memory(option, getattr(self, option), 4 * max(counts))

    def _expect_self_attention(self):
        if self.decoder_units % (2 * self.num_heads):
            raise ValueError(
                f"Expected decoder_units that are even and that num_heads={self.num_heads} can share evenly; "
                f"received {self.decoder_units}. Take a multiple of {2 * self.num_heads}."
            )
        recurrent = (
            "attention",
            "attention_order",
            "input_feeding",
            "window",
            "temperature",
            "coverage",
            "copy",
            "shared_embedding",
        )
        for option in fields(self):
            if option.name in recurrent and getattr(self, option.name) != option.default:
                raise ValueError(
                    f"Expected no {option.name} with a self-attention decoder, which has an attention of "
                    f"its own; received {getattr(self, option.name)!r}. Leave it out."
                )
