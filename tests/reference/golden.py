"""Writes the small test models and what PyTorch's own forward pass gives for them.

    /usr/bin/python3 tests/reference/golden.py

tests/fixtures/models/<kind>/        the model directories, from samples/generate/encoders.py
tests/fixtures/golden/ids/<kind>.json   token ids in; embeddings or logits out

A golden file's `tolerance` is the largest absolute difference that a right implementation may
show. For half precision and int8 the reference is the float32 model, so the bound is wide.
"""

import json
import sys
from pathlib import Path

import numpy
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "samples/generate"))
import encoders  # noqa: E402
from bert import pool  # noqa: E402

SEED = 1
TOLERANCE = {"float32": 2e-5, "float16": 1e-2, "float16-output": 1e-2, "int8": 3e-2}
FIXTURES = ROOT / "tests/fixtures"
LENGTHS = {"one row": [12], "one token": [1], "padded batch": [9, 3, 17, 1], "longest": [48],
           "equal rows": [7, 7]}


def batch(kind, lengths, random):
    """Random ids without special tokens among them, padded on the right to the longest row; in
    a model that has token types, the second half of each row has type 1."""
    width, pad = max(lengths), kind.shape.pad_token_id
    ids = numpy.full((len(lengths), width), pad)
    mask, types = numpy.zeros_like(ids), numpy.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, :length] = random.integers(5, kind.shape.vocab_size - 4, length)
        mask[row, :length] = 1
        types[row, length // 2 : length] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return {name: inputs[name] for name in encoders.input_names(kind)}


def numbers(tensor):
    """Nested lists whose numbers keep float32's eight digits."""
    if tensor.dim() > 0:
        return [numbers(row) for row in tensor]
    return float(f"{tensor.item():.8g}")


def case(kind, model, name, lengths, random):
    inputs = batch(kind, lengths, random)
    tensors = [torch.from_numpy(values) for values in inputs.values()]
    with torch.no_grad():
        output = model(*tensors)
    result = {"name": name, **{name: values.tolist() for name, values in inputs.items()}}
    if kind.labels:
        return result | {"logits": numbers(output)}
    embeddings = pool(output, tensors[1], kind.pooling)
    if kind.normalize:
        embeddings = torch.nn.functional.normalize(embeddings, dim=1)
    # The last row's first token, whole: an error in the encoder is told from one in the pooling.
    return result | {"last_row_first_token": numbers(output[-1, 0]),
                     "embeddings": numbers(embeddings)}


def golden(name, kind):
    model = encoders.build(kind, SEED)
    random = numpy.random.default_rng(SEED)
    cases = [case(kind, model, title, lengths, random) for title, lengths in LENGTHS.items()]
    facts = {"model": name, "source": "golden.py", "tolerance": TOLERANCE[kind.precision]}
    if not kind.labels:
        facts |= {"pooling": kind.pooling, "normalize": kind.normalize}
    return facts | {"cases": cases}


def main():
    (FIXTURES / "golden/ids").mkdir(parents=True, exist_ok=True)
    for name, kind in encoders.KINDS.items():
        pieces = encoders.tokenizer(kind)
        encoders.write(kind, SEED, FIXTURES / "models" / name, pieces)
        text = json.dumps(golden(name, kind), separators=(",", ":")).replace('{"name"', '\n{"name"')
        (FIXTURES / "golden/ids" / f"{name}.json").write_text(text + "\n", "utf-8")
        print(name)


if __name__ == "__main__":
    main()
