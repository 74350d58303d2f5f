"""Writes a checkpoint as the model directory that Orrery serves, its weights as 8-bit integers.

    /usr/bin/python3 samples/training/export.py --work /tmp/mini --checkpoint final.pt \
        --out samples/models/orrery-mini/1

Weights only: each row of the token table and each output channel of a matrix is rounded to int8 with
its own scale and made float again in the graph (the table after the rows are gathered, the matrices
once, when ONNX Runtime folds constants). What is computed stays float32, so a text's embedding does
not depend on the batch it is in. The same checkpoint gives the same bytes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

HEADS = 4


def quantized(weight, axis):
    """int8 values and the float32 scale of each slice along the other axis: weight = values * scale."""
    scale = np.maximum(np.abs(weight).max(axis=axis, keepdims=True), 1e-8) / 127
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def rounded(state):
    """The checkpoint with its weights as the graph will see them."""
    found = {}
    for name, tensor in state.items():
        value = tensor.numpy()
        if value.ndim == 2:  # table and positions: a scale a row; Linear [out, in]: a scale a channel
            values, scale = quantized(value, 1)
            value = values.astype(np.float32) * scale
        found[name] = torch.from_numpy(value)
    return found


class Graph:
    """Nodes and weights of an ONNX graph, in order."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def add(self, op, *inputs, outputs=1, name=None, **attributes):
        names = [name or f"{op.lower()}_{len(self.nodes)}"] if outputs == 1 else \
            [f"{op.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, name, value):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def numbers(self, name, *values):
        return self.weight(name, np.array(values, np.int64))

    def rows(self, name, value, index):
        """The rows of a quantized table that `index` names."""
        values, scale = quantized(value, 1)
        found = self.add("Cast", self.add("Gather", self.weight(name, values), index), to=TensorProto.FLOAT)
        return self.add("Mul", found, self.add("Gather", self.weight(name + ".scale", scale), index))

    def linear(self, x, name, weight, bias):
        """x @ weight.T + bias; weight [out, in] is kept as int8 [in, out] with a scale a channel."""
        values, scale = quantized(weight, 1)
        whole = self.add("Cast", self.weight(name + ".weight", values.T), to=TensorProto.FLOAT)
        whole = self.add("Mul", whole, self.weight(name + ".scale", scale.T))
        return self.add("Add", self.add("MatMul", x, whole), self.weight(name + ".bias", bias))


def layer(graph, x, mask, bias, prefix, state):
    get = lambda name: state[f"{prefix}.{name}"].numpy()
    norm = lambda x, name: graph.add(
        "LayerNormalization", x, graph.weight(f"{prefix}.{name}.weight", get(name + ".weight")),
        graph.weight(f"{prefix}.{name}.bias", get(name + ".bias")), axis=-1, epsilon=1e-5)
    linear = lambda x, name: graph.linear(x, f"{prefix}.{name}", get(name + ".weight"), get(name + ".bias"))
    split = [graph.add("Reshape", part, "heads") for part in
             graph.add("Split", linear(norm(x, "norm1"), "qkv"), outputs=3, axis=2)]
    q, v = (graph.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (split[0], split[2]))
    k = graph.add("Transpose", split[1], perm=[0, 2, 3, 1])
    scores = graph.add("Add", graph.add("Div", graph.add("MatMul", q, k), "root"), bias)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
    mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), "width")
    x = graph.add("Add", x, linear(mixed, "out"))
    own = graph.add("Pad", graph.add("Mul", norm(x, "norm2"), mask), "one_each_side")
    near = [graph.add("Slice", own, f"from_{i}", f"to_{i}", "second") for i in range(3)]
    up = linear(graph.add("Concat", *near, axis=2), "up")
    gate = graph.add("Add", graph.add("Erf", graph.add("Div", up, "root_two")), "one")
    up = graph.add("Mul", graph.add("Mul", up, gate), "half")
    return graph.add("Add", x, linear(up, "down"))


def build(state):
    """The checkpoint as an ONNX model."""
    graph, width = Graph(), state["table.weight"].shape[1]
    layers = len({name.split(".")[1] for name in state if name.startswith("layers.")})
    x = graph.rows("table", state["table.weight"].numpy(), "input_ids")
    if layers:
        scalar = lambda name, value: graph.weight(name, np.array(value, np.float32))
        scalar("root", (width // HEADS) ** 0.5), scalar("root_two", 2 ** 0.5)
        scalar("one", 1), scalar("half", 0.5), scalar("minus", -1e4)
        graph.numbers("heads", 0, 0, HEADS, width // HEADS), graph.numbers("width", 0, 0, width)
        mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
        bias = graph.add("Unsqueeze", mask, graph.numbers("mask_axes", 1, 2))
        bias = graph.add("Mul", graph.add("Sub", "one", bias), "minus")
        mask = graph.add("Unsqueeze", mask, graph.numbers("last", 2))
        graph.numbers("one_each_side", 0, 1, 0, 0, 1, 0)
        for i, end in enumerate((-2, -1, 2 ** 31)):
            graph.numbers(f"from_{i}", i), graph.numbers(f"to_{i}", end)
        length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.numbers("second", 1))
        places = graph.add("Slice", graph.weight("all_positions", np.arange(len(state["positions"]))),
                           graph.numbers("zero", 0), length)
        x = graph.add("Add", x, graph.rows("positions", state["positions"].numpy(), places))
        for i in range(layers):
            x = layer(graph, x, mask, bias, f"layers.{i}", state)
    graph.add("Identity", x, name="last_hidden_state")
    axes = ["batch_size", "sequence_length"]
    value = lambda name, kind, *shape: helper.make_tensor_value_info(name, kind, [*axes, *shape])
    inputs = [value(name, TensorProto.INT64) for name in ("input_ids", "attention_mask")]
    made = helper.make_graph(graph.nodes, "orrery-mini", inputs,
                             [value("last_hidden_state", TensorProto.FLOAT, width)], graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)],
                              producer_name="orrery", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model, layers


def configs(state, layers):
    """The directory's JSON files beside tokenizer.json, by path."""
    pieces, width = state["table.weight"].shape
    longest = len(state["positions"])
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": {
            "architectures": ["OrreryMiniModel"], "model_type": "orrery-mini", "vocab_size": pieces,
            "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": HEADS,
            "intermediate_size": len(state["layers.0.up.bias"]) if layers else 0, "max_position_embeddings": longest, "pad_token_id": 0,
            "layer_norm_eps": 1e-5, "hidden_act": "gelu", "torch_dtype": "float32"},
        "tokenizer_config.json": {
            "tokenizer_class": "BertTokenizer", "model_max_length": longest, "cls_token": "[CLS]",
            "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]",
            "do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True},
        "sentence_bert_config.json": {"max_seq_length": longest, "do_lower_case": False},
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + module}
            for i, (path, module) in enumerate(modules)],
        "1_Pooling/config.json": {
            "word_embedding_dimension": width, "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False,
            "pooling_mode_lasttoken": False, "include_prompt": True},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="the folder of sources.py")
    parser.add_argument("--checkpoint", required=True, help="relative to WORK")
    parser.add_argument("--out", required=True, type=Path, help="the model directory to write")
    options = parser.parse_args()
    state = torch.load(options.work / options.checkpoint)
    model, layers = build(state)
    files = {path: json.dumps(content, indent=2) + "\n" for path, content in configs(state, layers).items()}
    files["tokenizer.json"] = (options.work / "tokenizer.json").read_text("utf-8")
    for path, text in files.items():
        (options.out / path).parent.mkdir(parents=True, exist_ok=True)
        (options.out / path).write_text(text, "utf-8")
    (options.out / "onnx").mkdir(exist_ok=True)
    target = options.out / "onnx/model.onnx"
    target.write_bytes(model.SerializeToString(deterministic=True))
    print(f"{target}: {target.stat().st_size} bytes, {layers} layers")


if __name__ == "__main__":
    main()
