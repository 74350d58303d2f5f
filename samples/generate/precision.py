"""Rewrites an exported float32 graph to half precision or to dynamically quantized int8."""

import numpy
from onnx import TensorProto, helper, numpy_helper

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16


def to_half(model, half_output):
    """All weights and arithmetic in float16. The outputs stay float32 behind a Cast, or become
    float16 with `half_output`. Constants beyond float16's range (the mask's) are clamped to it."""
    graph = model.graph
    for tensor in graph.initializer:
        halve(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                halve(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == FLOAT:
                attribute.i = HALF
    for output in graph.output:
        if half_output:
            output.type.tensor_type.elem_type = HALF
            continue
        inner = output.name + "_half"
        for node in graph.node:
            node.output[:] = [inner if name == output.name else name for name in node.output]
        graph.node.append(helper.make_node("Cast", [inner], [output.name], to=FLOAT))
    del graph.value_info[:]
    return model


def halve(tensor):
    if tensor.data_type == FLOAT:
        limit = numpy.finfo(numpy.float16).max
        values = numpy.clip(numpy_helper.to_array(tensor), -limit, limit).astype(numpy.float16)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def to_int8(model):
    """Weights of matrix products as int8 with one scale a column; activations quantized to uint8
    while running (DynamicQuantizeLinear, MatMulInteger), as quantize_dynamic does. All else,
    embeddings too, stays float32."""
    graph = model.graph
    weights = {t.name: t for t in graph.initializer if len(t.dims) == 2}
    nodes, quantized, activations = [], {}, set()
    for node in graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights:
            nodes.append(node)
            continue
        source, weight = node.input
        quantized[weight] = weights[weight]
        if source not in activations:
            activations.add(source)
            outputs = [source + suffix for suffix in ("_quantized", "_scale", "_zero")]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [source], outputs))
        name = node.output[0]
        nodes += [
            helper.make_node(
                "MatMulInteger",
                [source + "_quantized", weight + "_quantized", source + "_zero"],
                [name + "_integer"],
            ),
            helper.make_node("Cast", [name + "_integer"], [name + "_float"], to=FLOAT),
            helper.make_node("Mul", [source + "_scale", weight + "_scale"], [name + "_scale"]),
            helper.make_node("Mul", [name + "_float", name + "_scale"], [name]),
        ]
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    for name, tensor in quantized.items():
        values = numpy_helper.to_array(tensor)
        scale = (numpy.abs(values).max(axis=0) / 127).astype(numpy.float32)
        integers = numpy.clip(numpy.rint(values / scale), -127, 127).astype(numpy.int8)
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(integers, name + "_quantized"))
        graph.initializer.append(numpy_helper.from_array(scale, name + "_scale"))
    return model
