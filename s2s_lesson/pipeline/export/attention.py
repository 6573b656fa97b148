"""Attention of a recurrent decoder as a part of graphs: what is made once for a source, and one step.

The hypotheses of a sentence lie together and share its leaves: a step sees queries as (sentences, hypotheses,
units), whatever coverage or position each of them has.
"""

from typing import NamedTuple

from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.parts import masked_softmax, variable

ADDITIVE = ("luong_concat", "bahdanau")


class Attended(NamedTuple):
    """What a step of attention gives: float (rows, value_dim) and (rows, source_length).

    >>> Attended("context", "attention_weights").context
    'context'
    """

    context: str | None  # None where there is no attention
    attention_weights: str


def add_source_leaves(graph: Graph, model: Seq2Seq, outputs: str, mask: str) -> None:
    """Add to an encoder what attention needs of a source: leaves of the state before the first step.

    ``keys`` went through the attention's kernel; where scores multiply, they lie as (sentences, key_dim,
    source_length). ``values`` are the encoder's outputs. What words to copy the
    source holds, ``copy_ids``, is a leaf that comes as it is with the source.

    Args:
        graph: ``Graph`` of the encoder.
        model: ``Seq2Seq`` with a recurrent decoder.
        outputs: float (sentences, source_length, width), the encoder's outputs.
        mask: bool (sentences, source_length).
    """
    config, attention = model.config, model.decoder.attention
    width = model.encoder.width
    if config.attention != "none":
        keys, key_dim = outputs, width
        if config.attention != "luong_dot":
            keys, key_dim = graph("MatMul", outputs, variable(graph, attention.key_kernel)), attention.units
        shape: list[int | str] = ["sentences", "source_length", key_dim]
        if config.attention not in ADDITIVE:
            keys = graph("Transpose", keys, perm=[0, 2, 1])
            shape = ["sentences", key_dim, "source_length"]
        graph.output("keys", keys, shape=shape)
        graph.output("values", outputs, shape=["sentences", "source_length", width])
    nothing = graph("Mul", graph.cast(mask, "float32"), graph.constant(0.0))  # (sentences, source_length)
    if config.coverage:
        graph.output("coverage", nothing, shape=["sentences", "source_length"])
    first = graph("ReduceSum", nothing, graph.integers(1), keepdims=1)  # (sentences, 1)
    if config.window == "monotonic":
        position = graph.cast(graph("Squeeze", first, graph.integers(1)), "int32")
        graph.output("position", position, ["sentences"], "int32")
    if config.input_feeding:
        widened = graph("Expand", first, graph.integers(1, config.decoder_units))
        graph.output("attended", widened, shape=["sentences", config.decoder_units])


class AttentionStep:
    """Attention of one step, for queries of all hypotheses.

    Args:
        graph: ``Graph`` of the step.
        model: ``Seq2Seq`` with a recurrent decoder.

    >>> AttentionStep.__name__
    'AttentionStep'
    """

    def __init__(self, graph: Graph, model: Seq2Seq):
        self.graph, self.config, self.layer = graph, model.config, model.decoder.attention
        width, source = model.encoder.width, "source_length"
        self.mask = graph.input("keys_mask", "bool", ["sentences", source])
        self.mask_by_query = graph("Unsqueeze", self.mask, graph.integers(1))  # (sentences, 1, source_length)
        sentences = graph("Shape", self.mask, start=0, end=1)
        self.by_sentence = graph("Concat", sentences, graph.integers(-1), axis=0)  # the shape, but its end
        self.coverage: str | None = None
        self.position: str | None = None
        if self.config.attention != "none":
            sizes = [source, self.layer.units]
            if self.config.attention not in ADDITIVE:
                sizes = [width if self.config.attention == "luong_dot" else self.layer.units, source]
            self.keys = graph.input("keys", "float32", ["sentences", *sizes])
            self.values = graph.input("values", "float32", ["sentences", source, width])
        if self.config.coverage:
            self.coverage = graph.input("coverage", "float32", ["rows", source])
        if self.config.window == "monotonic":
            self.position = graph.input("position", "int32", ["rows"])

    def __call__(self, query: str) -> Attended:
        """Attend: float (rows, units) -> ``Attended``."""
        graph = self.graph
        if self.config.attention == "none":
            rows = graph("Shape", query, start=0, end=1)
            source_length = graph("Shape", self.mask, start=1, end=2)
            shape = graph("Concat", rows, source_length, axis=0)
            return Attended(None, graph("Expand", graph.constant([[0.0]]), shape))
        queries = self._by_sentence(query, self.config.decoder_units)
        weights = self._weights(queries, self._scores(queries))  # (sentences, hypotheses, source_length)
        context = graph("MatMul", weights, self.values)
        return Attended(
            graph("Reshape", context, graph.integers(-1, self._width_of_values())), self._by_row(weights)
        )

    def copy_scatter(self, copy_ids: str, probabilities: str, weights: str, total: str) -> str:
        """Add to the probabilities of words what points at them.

        Args:
            copy_ids: int (sentences, source_length).
            probabilities: float (rows, vocab_size + source_length).
            weights: float (rows, source_length), to be added.
            total: int64 (2,), the shape of ``weights``.

        Returns:
            float (rows, vocab_size + source_length).
        """
        graph = self.graph
        shape = graph("Shape", self._by_sentence_of_source(weights))
        spread = graph("Expand", graph("Unsqueeze", copy_ids, graph.integers(1)), shape)
        ids = graph.cast(graph("Reshape", spread, total), "int64")
        return graph("ScatterElements", probabilities, ids, weights, axis=1, reduction="add")

    def _scores(self, queries):
        """float (sentences, hypotheses, source_length)."""
        graph, coverage = self.graph, None
        if self.coverage is not None:
            coverage = self._by_sentence_of_source(self.coverage)
        if self.config.attention in ADDITIVE:
            projected = graph("MatMul", queries, variable(graph, self.layer.query_kernel))
            hidden = graph(
                "Add",
                graph("Unsqueeze", projected, graph.integers(2)),
                graph("Unsqueeze", self.keys, graph.integers(1)),
            )  # (sentences, hypotheses, source_length, units)
            if coverage is not None:
                covered = graph("Unsqueeze", coverage, graph.integers(3))
                hidden = graph("Add", hidden, graph("Mul", covered, self._coverage_kernel()))
            v = variable(graph, self.layer.v)
            scores = graph("Squeeze", graph("MatMul", graph("Tanh", hidden), v), graph.integers(3))
        else:
            scores = graph("MatMul", queries, self.keys)
            if coverage is not None:  # query . (key + coverage w) = query . key + coverage (query . w)
                kernel = graph("Unsqueeze", self._coverage_kernel(), graph.integers(1))
                scores = graph("Add", scores, graph("Mul", graph("MatMul", queries, kernel), coverage))
        if self.config.temperature == 1:
            return scores
        return graph("Div", scores, graph.constant(self.config.temperature))

    def _weights(self, queries, scores):
        """As ``LuongAttention.weigh``."""
        graph = self.graph
        if self.config.window == "none":
            return masked_softmax(graph, scores, self.mask_by_query)
        source_length = graph("ReduceSum", graph.cast(self.mask, "float32"), graph.integers(1), keepdims=1)
        middle = graph("Unsqueeze", self._middle(queries, source_length), graph.integers(2))
        places = graph(
            "Range",
            graph.constant(0, "int64"),
            graph("Squeeze", graph("Shape", self.mask, start=1, end=2), graph.integers(0)),
            graph.constant(1, "int64"),
        )
        offset = graph("Sub", graph.cast(places, "float32"), middle)
        half_width = graph.constant(float(self.config.half_width))
        in_window = graph("LessOrEqual", graph("Abs", offset), half_width)
        mask = graph("And", self.mask_by_query, in_window)
        if self.config.window == "predictive":
            offset = graph("Where", in_window, offset, graph.constant(0.0))
            share = graph("Div", offset, graph.constant(self.config.half_width / 2))
            bell = graph("Mul", graph("Mul", share, share), graph.constant(-0.5))
            scores = graph("Add", scores, bell)
        return masked_softmax(graph, scores, mask)

    def _middle(self, queries, source_length):
        """As ``LuongAttention.middle``: float (sentences, hypotheses)."""
        graph = self.graph
        if self.position is not None:
            position = graph("Reshape", graph.cast(self.position, "float32"), self.by_sentence)
            last = graph("Sub", source_length, graph.constant(1.0))
            return graph("Min", position, graph("Max", last, graph.constant(0.0)))
        hidden = graph("Tanh", graph("MatMul", queries, variable(graph, self.layer.position_kernel)))
        share = graph("Sigmoid", graph("MatMul", hidden, variable(graph, self.layer.position_v)))
        return graph("Mul", graph("Squeeze", share, graph.integers(2)), source_length)

    def _coverage_kernel(self):
        return variable(self.graph, self.layer.coverage_kernel)

    def _width_of_values(self):
        return self.config.encoder_units * (2 if self.config.bidirectional else 1)

    def _by_sentence(self, value, width):
        """(rows, width) -> (sentences, hypotheses, width)."""
        shape = self.graph("Concat", self.by_sentence, self.graph.integers(width), axis=0)
        return self.graph("Reshape", value, shape)

    def _by_sentence_of_source(self, value):
        """(rows, source_length) -> (sentences, hypotheses, source_length)."""
        source_length = self.graph("Shape", self.mask, start=1, end=2)
        return self.graph("Reshape", value, self.graph("Concat", self.by_sentence, source_length, axis=0))

    def _by_row(self, value):
        """(sentences, hypotheses, source_length) -> (rows, source_length)."""
        graph = self.graph
        source_length = graph("Shape", self.mask, start=1, end=2)
        return graph("Reshape", value, graph("Concat", graph.integers(-1), source_length, axis=0))
