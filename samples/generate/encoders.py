"""Builds BERT-shaped encoders with seeded random weights as Hugging Face model directories.

    /usr/bin/python3 samples/generate/encoders.py --kind tiny-mean --out tests/fixtures/models/tiny-mean

They are test fixtures. The same kind, seed and PyTorch give the same bytes. Needs torch, onnx and
numpy (Debian: python3-torch python3-onnx).
"""

import argparse
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import onnx
import torch

import precision
import vocabulary
from bert import Classifier, Encoder, Shape, fill

OPSET = 17


@dataclass(frozen=True)
class Kind:
    """What one kind of model directory holds besides its shape."""

    shape: Shape
    max_tokens: int
    tokenizer: str  # wordpiece or byte-bpe, both learned here
    pooling: str = "mean"
    normalize: bool = True
    labels: list = field(default_factory=list)
    input_type: torch.dtype = torch.int64
    precision: str = "float32"  # or float16, float16-output, int8


def small(**changes):
    return Shape(**{**dict(
        vocab_size=1200, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64), **changes})


def fixture(shape=None, **changes):
    return Kind(**{**dict(shape=shape or small(), max_tokens=48, tokenizer="wordpiece"), **changes})


KINDS = {
    "tiny-mean": fixture(),
    "tiny-cls": fixture(pooling="cls"),
    "tiny-max": fixture(pooling="max", normalize=False),
    "tiny-last": fixture(pooling="lasttoken"),
    "tiny-roberta": fixture(
        small(vocab_size=864, max_position_embeddings=66, model_type="roberta",
              type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5), tokenizer="byte-bpe"),
    "tiny-classifier": fixture(labels=["negative", "neutral", "positive"]),
    "tiny-cross-encoder": fixture(labels=["LABEL_0"]),
    "tiny-fp16": fixture(precision="float16"),
    "tiny-fp16-output": fixture(precision="float16-output"),
    "tiny-int8": fixture(precision="int8"),
    "tiny-int32": fixture(input_type=torch.int32),
}


def build(kind, seed):
    """The PyTorch module of a kind, filled from the seed."""
    shape = kind.shape
    return fill(Classifier(shape, len(kind.labels)) if kind.labels else Encoder(shape), seed)


def input_names(kind):
    names = ["input_ids", "attention_mask"]
    return names if kind.shape.model_type == "roberta" else names + ["token_type_ids"]


def export(kind, model):
    """The model as an ONNX graph whose batch and sequence lengths are free."""
    names = input_names(kind)
    inputs = torch.ones(len(names), 2, 8, dtype=kind.input_type)
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in names}
    axes[model.output_name] = {0: "batch_size"} if kind.labels else axes["input_ids"]
    stream = io.BytesIO()
    torch.onnx.export(
        model, tuple(inputs), stream, opset_version=OPSET, input_names=names,
        output_names=[model.output_name], dynamic_axes=axes, do_constant_folding=True)
    graph = onnx.load_model_from_string(stream.getvalue())
    if kind.precision.startswith("float16"):
        precision.to_half(graph, half_output=kind.precision == "float16-output")
    elif kind.precision == "int8":
        precision.to_int8(graph)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def tokenizer(kind):
    if kind.tokenizer == "wordpiece":
        return vocabulary.wordpiece(kind.shape.vocab_size)
    return vocabulary.roberta(vocabulary.byte_bpe())


def configs(kind, weights):
    """The JSON files of the directory beside tokenizer.json, by path. `weights` is the data type
    as config.json names it."""
    roberta = kind.shape.model_type == "roberta"
    name = "Roberta" if roberta else "Bert"
    config = {
        "architectures": [name + ("ForSequenceClassification" if kind.labels else "Model")],
        **asdict(kind.shape),
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "torch_dtype": weights,
    }
    specials = (
        dict(bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
             pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", add_prefix_space=False)
        if roberta else
        dict(cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]",
             mask_token="[MASK]", do_lower_case=True, strip_accents=None,
             tokenize_chinese_chars=True))
    files = {
        "config.json": config,
        "tokenizer_config.json": {
            "tokenizer_class": name + "Tokenizer", "model_max_length": kind.max_tokens, **specials},
    }
    if kind.labels:
        config["id2label"] = {str(i): label for i, label in enumerate(kind.labels)}
        config["label2id"] = {label: i for i, label in enumerate(kind.labels)}
        return files
    modes = dict(cls="cls_token", mean="mean_tokens", max="max_tokens", lasttoken="lasttoken")
    files["1_Pooling/config.json"] = {
        "word_embedding_dimension": kind.shape.hidden_size,
        **{f"pooling_mode_{long}": short == kind.pooling for short, long in modes.items()},
        "include_prompt": True,
    }
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    modules += [("2_Normalize", "Normalize")] * kind.normalize
    files["modules.json"] = [
        {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + module}
        for i, (path, module) in enumerate(modules)]
    files["sentence_bert_config.json"] = {
        "max_seq_length": kind.max_tokens, "do_lower_case": False}
    return files


def write(kind, seed, out, tokenizer_file):
    """Writes the model directory; a file that exists is replaced."""
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    graph = export(kind, build(kind, seed))
    (out / "onnx/model.onnx").write_bytes(graph.SerializeToString(deterministic=True))
    if len(tokenizer_file["model"]["vocab"]) != kind.shape.vocab_size:
        raise SystemExit(f"the tokenizer has {len(tokenizer_file['model']['vocab'])} pieces, "
                         f"the model {kind.shape.vocab_size}")
    half = kind.precision.startswith("float16")
    files = configs(kind, "float16" if half else "float32") | {"tokenizer.json": tokenizer_file}
    for path, content in files.items():
        target = out / path
        target.parent.mkdir(exist_ok=True)
        indent = None if path == "tokenizer.json" else 2
        text = json.dumps(content, ensure_ascii=False, indent=indent) + "\n"
        target.write_text(text, "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", required=True, choices=KINDS)
    parser.add_argument("--out", required=True, type=Path, help="the model directory to write")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kind = KINDS[options.kind]
    write(kind, options.seed, options.out, tokenizer(kind))


if __name__ == "__main__":
    main()
