"""The two graphs of a model: its encoder, and one step of its decoder."""

from s2s_lesson.deployed.manifest import ENCODER, STEP, Weights
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.decoder import recurrent_step_graph
from s2s_lesson.pipeline.export.encoder import encoder_graph
from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.self_attention import self_attention_step_graph


def graphs(model: Seq2Seq, weights: Weights = "float32") -> dict[str, Graph]:
    """The two graphs of a model, by the names of their files.

    Args:
        model: ``Seq2Seq``.
        weights: "float32", "float16" or "int8".

    Returns:
        dict of ``Graph``.
    """
    encoder, step = Graph("encoder", weights), Graph("step", weights)
    encoder_graph(model, encoder)
    if model.config.decoder == "self_attention":
        self_attention_step_graph(model, step)
    else:
        recurrent_step_graph(model, step)
    return {ENCODER: encoder, STEP: step}
