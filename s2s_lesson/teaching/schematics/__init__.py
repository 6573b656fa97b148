"""Schematics of models and searches, drawn by code: one colour for each part, as in ``COLORS``.

They are wide enough for a page, and their letters large enough to be read where a phone shrinks them.
"""

from s2s_lesson.teaching.schematics.attention import (
    plot_attention_orders,
    plot_attention_step,
    plot_input_feeding,
)
from s2s_lesson.teaching.schematics.beam_tree import plot_beam_tree
from s2s_lesson.teaching.schematics.both_directions import plot_bridge, plot_two_readers
from s2s_lesson.teaching.schematics.cells import plot_gru_cell, plot_lstm_cell
from s2s_lesson.teaching.schematics.decoder_step import plot_decoder_step
from s2s_lesson.teaching.schematics.encoder_decoder import (
    plot_encoder_decoder,
    plot_model_step,
    plot_teacher_forcing,
)
from s2s_lesson.teaching.schematics.padding import plot_carried_state
from s2s_lesson.teaching.schematics.pasts import plot_mixed_past
from s2s_lesson.teaching.schematics.pointing import plot_copy_mixture, plot_pointing
from s2s_lesson.teaching.schematics.recurrence import plot_kinds_of_problems, plot_unrolled_rnn
from s2s_lesson.teaching.schematics.transformer import (
    plot_self_attention,
    plot_transformer,
    plot_transformer_block,
)

__all__ = [
    "plot_attention_orders",
    "plot_attention_step",
    "plot_beam_tree",
    "plot_bridge",
    "plot_carried_state",
    "plot_copy_mixture",
    "plot_decoder_step",
    "plot_encoder_decoder",
    "plot_gru_cell",
    "plot_input_feeding",
    "plot_kinds_of_problems",
    "plot_lstm_cell",
    "plot_mixed_past",
    "plot_model_step",
    "plot_pointing",
    "plot_self_attention",
    "plot_teacher_forcing",
    "plot_transformer",
    "plot_transformer_block",
    "plot_two_readers",
    "plot_unrolled_rnn",
]
