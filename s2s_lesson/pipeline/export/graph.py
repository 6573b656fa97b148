"""Graph: an ONNX graph that is written node by node, and how it stores its weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from s2s_lesson.deployed.manifest import Weights
from s2s_lesson.pipeline.export.rounding import stored_form

OPSET, IR_VERSION = 17, 8  # which every ONNX Runtime since 1.14 reads
TYPES = {
    "float32": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


class Graph:
    """An ONNX graph under construction. Values are strings, the names by which nodes know each other.

    What is computed from constants alone, such as weights that are stored in another form, or the product of
    an embedding and a kernel, ONNX Runtime computes once, when it loads the graph.

    Args:
        name: str.
        weights: "float32", "float16" or "int8".

    >>> graph = Graph("double")
    >>> numbers = graph.input("numbers", "float32", ["rows"])
    >>> graph.output("doubled", graph("Mul", numbers, graph.constant(2.0)), ["rows"])
    >>> [node.op_type for node in graph.model().graph.node]
    ['Mul', 'Identity']
    """

    def __init__(self, name: str, weights: Weights = "float32"):
        self.name, self.weights = name, weights
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}  # of constants
        self._weights_of: dict[str, str] = {}

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output, and give its name back."""
        (output,) = self.several(kind, 1, *inputs, **attributes)
        return output

    def several(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node with several outputs, and give their names back."""
        outputs = [f"{kind}_{len(self.nodes)}_{index}" for index in range(count)]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs

    def input(self, name: str, dtype: str, shape: Sequence[int | str]) -> str:
        """Declare what the graph takes: sizes that are known, and names of those that are not."""
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[int | str], dtype: str = "float32") -> None:
        """Let a value be one of the outputs, under this name; ``shape`` as of ``input``."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))

    def constant(self, values: object, dtype: str = "float32") -> str:
        """A constant that is no weight: a number, or an array."""
        array = np.asarray(values, dtype)
        key = dtype, array.shape, array.tobytes()
        if key not in self._names:
            self._names[key] = name = f"constant_{len(self._names)}"
            self.constants[name] = numpy_helper.from_array(array, name)
        return self._names[key]

    def cast(self, value: str, dtype: str) -> str:
        """The same numbers in another type."""
        return self("Cast", value, to=TYPES[dtype])

    def integers(self, *values: int) -> str:
        """A constant list of int64, for shapes and axes."""
        return self.constant(values, "int64")

    def weight(self, name: str, array: np.ndarray, by_row: bool = False) -> str:
        """A weight, stored as the graph stores its weights, in float32 again.

        Args:
            name: str. Its name in the file; a second weight of this name is the first one again.
            array: float array.
            by_row: bool, of int8: one scale for each row of a table, in place of each column of a kernel.
        """
        if name not in self._weights_of:
            stored, scale = stored_form(array, self.weights, by_row)
            self.constants[name] = numpy_helper.from_array(stored, name)
            value = name if stored.dtype == np.float32 else self.cast(name, "float32")
            if scale is not None:
                self.constants[f"{name}.scale"] = numpy_helper.from_array(scale, f"{name}.scale")
                value = self("Mul", value, f"{name}.scale")
            self._weights_of[name] = value
        return self._weights_of[name]

    def model(self) -> onnx.ModelProto:
        """The graph as it is written to a file; checked."""
        graph = helper.make_graph(
            self.nodes, self.name, self.inputs, self.outputs, list(self.constants.values())
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="s2s_lesson"
        )
        onnx.checker.check_model(model)
        return model
