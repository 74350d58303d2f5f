"""Small detectors over the fixture models, for the tests of loading, scoring and comparing.

    /usr/bin/python3 tests/reference/detectors.py

Their heads are not trained: row i, column j of the weights is sin(1 + i * classes + j), which the tests compute again. Needs onnx
and numpy (Debian: python3-onnx).
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TESTS = Path(__file__).resolve().parents[1]
MODELS = TESTS / "fixtures" / "models"
OUT = TESTS / "fixtures" / "detectors"
COMPANIONS = [
    "config.json", "orrery.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json",
    "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json", "pooling_config.json",
]


def digest(model):
    """A version's digest, as engine/Models/ModelFiles.cs computes it."""
    folder = MODELS / model
    names = sorted([name for name in COMPANIONS if (folder / name).exists()] + ["onnx/model.onnx"])
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name}\n".encode())
        whole.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return whole.hexdigest()


def head(dimensions, classes, post):
    """scores = post(embedding x weights)."""
    weights = np.sin(1 + np.arange(dimensions * classes, dtype=np.float64)).astype(np.float32).reshape(dimensions, classes)
    nodes = [
        helper.make_node("MatMul", ["embedding", "weights"], ["decision"]),
        helper.make_node(post, ["decision"], ["probabilities"], **({"axis": 1} if post == "Softmax" else {})),
    ]
    return model(nodes, dimensions, classes, {"weights": weights})


def cosine_head(scale, offset):
    """A pair's probability: sigmoid(scale * similarity + offset), beside its complement."""
    nodes = [
        helper.make_node("MatMul", ["embedding", "weights"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["decision"]),
        helper.make_node("Sigmoid", ["decision"], ["probabilities"]),
    ]
    weights = {"weights": np.array([[-scale, scale]], np.float32), "bias": np.array([-offset, offset], np.float32)}
    return model(nodes, 1, 2, weights)


def model(nodes, dimensions, classes, initializers):
    graph = helper.make_graph(
        nodes, "head",
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [None, dimensions])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes])],
        [numpy_helper.from_array(value, name) for name, value in initializers.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="orrery-tests")
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made.SerializeToString()


def write(name, graph, embedder, **manifest):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "head.onnx").write_bytes(graph)
    manifest = {"model": embedder, "model_digest": digest(embedder), **manifest}
    (folder / "detector.json").write_text(json.dumps(manifest, indent=2) + "\n")


write("tiny-topic", head(32, 3, "Softmax"), "tiny-mean", labels=["news", "sport", "weather"])
write("tiny-spam", head(32, 2, "Softmax"), "tiny-mean", labels=["ham", "spam"], positive="spam", threshold=0.4)
write("tiny-cls-topic", head(32, 3, "Softmax"), "tiny-cls", labels=["news", "sport", "weather"])
write("tiny-duplicate", cosine_head(10, -8), "tiny-mean", kind="pair", labels=["different", "duplicate"], positive="duplicate", threshold=0.5)
write("tiny-answers", cosine_head(1, 0), "tiny-cross-encoder", kind="pair", labels=["no", "yes"])
write("tiny-foreign", head(32, 3, "Softmax"), "tiny-mean", labels=["news", "sport", "weather"], model_digest="ab" * 32)
