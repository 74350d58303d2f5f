"""BERT and RoBERTa encoders in plain PyTorch, with Hugging Face's parameter names.

The arithmetic follows "BERT" (Devlin et al., 2018) as Hugging Face's checkpoints carry it:
post-layer-norm residual blocks, exact (erf) GELU, an additive attention mask. It is both what
encoders.py exports and the numeric reference that tests compare with.
"""

import math
import zlib
from dataclasses import dataclass

import numpy
import torch
from torch import nn


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder; names are those of config.json."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    model_type: str = "bert"
    type_vocab_size: int = 2
    pad_token_id: int = 0
    layer_norm_eps: float = 1e-12


class Embeddings(nn.Module):
    def __init__(self, shape):
        super().__init__()
        width = shape.hidden_size
        self.word_embeddings = nn.Embedding(shape.vocab_size, width)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(shape.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=shape.layer_norm_eps)
        positions = torch.arange(shape.max_position_embeddings).unsqueeze(0)
        self.register_buffer("position_ids", positions, persistent=False)
        self.roberta = shape.model_type == "roberta"
        self.pad = shape.pad_token_id

    def forward(self, input_ids, token_type_ids):
        if self.roberta:
            # RoBERTa counts positions from padding_idx + 1 over the ids that are not padding.
            real = input_ids.ne(self.pad).to(torch.int64)
            positions = torch.cumsum(real, dim=1) * real + self.pad
        else:
            positions = self.position_ids[:, : input_ids.size(1)]
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        summed = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
        return self.LayerNorm(summed + self.position_embeddings(positions))


class SelfAttention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads = shape.num_attention_heads
        self.head_size = shape.hidden_size // shape.num_attention_heads
        self.query = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.key = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.value = nn.Linear(shape.hidden_size, shape.hidden_size)

    def split(self, states):
        parts = states.view(states.size()[:-1] + (self.heads, self.head_size))
        return parts.permute(0, 2, 1, 3)

    def forward(self, states, mask):
        query, key = self.split(self.query(states)), self.split(self.key(states))
        value = self.split(self.value(states))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.head_size)
        context = torch.matmul(torch.softmax(scores + mask, dim=-1), value)
        context = context.permute(0, 2, 1, 3).contiguous()
        return context.view(context.size()[:-2] + (self.heads * self.head_size,))


class Residual(nn.Module):
    """A projection whose result is added to the block's input and normalized."""

    def __init__(self, shape, width_in):
        super().__init__()
        self.dense = nn.Linear(width_in, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)

    def forward(self, states, block_input):
        return self.LayerNorm(self.dense(states) + block_input)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.attention = nn.ModuleDict(
            {"self": SelfAttention(shape), "output": Residual(shape, shape.hidden_size)}
        )
        self.intermediate = nn.ModuleDict(
            {"dense": nn.Linear(shape.hidden_size, shape.intermediate_size)}
        )
        self.output = Residual(shape, shape.intermediate_size)

    def forward(self, states, mask):
        attended = self.attention["output"](self.attention["self"](states, mask), states)
        widened = nn.functional.gelu(self.intermediate["dense"](attended))
        return self.output(widened, attended)


class Encoder(nn.Module):
    """Token ids [n, t] and mask [n, t] to last_hidden_state [n, t, hidden_size]."""

    output_name = "last_hidden_state"

    def __init__(self, shape):
        super().__init__()
        self.embeddings = Embeddings(shape)
        layers = nn.ModuleList(Layer(shape) for _ in range(shape.num_hidden_layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        states = self.embeddings(input_ids, token_type_ids)
        mask = attention_mask[:, None, None, :].to(torch.float32)
        mask = (1.0 - mask) * torch.finfo(torch.float32).min
        for layer in self.encoder["layer"]:
            states = layer(states, mask)
        return states


class Classifier(nn.Module):
    """An encoder, BERT's pooler (tanh over the first token) and a linear head: logits [n, labels]."""

    output_name = "logits"

    def __init__(self, shape, labels):
        super().__init__()
        self.bert = Encoder(shape)
        self.pooler = nn.ModuleDict({"dense": nn.Linear(shape.hidden_size, shape.hidden_size)})
        self.classifier = nn.Linear(shape.hidden_size, labels)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        first = self.bert(input_ids, attention_mask, token_type_ids)[:, 0]
        return self.classifier(torch.tanh(self.pooler["dense"](first)))


def fill(model, seed):
    """Sets every parameter from `seed` and the parameter's own name, so that the order of the
    modules does not matter. Branches are as large as the residual stream and no bias is zero:
    an error anywhere shows in the output, which the usual 0.02 would hide."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            random = numpy.random.default_rng([seed, zlib.crc32(name.encode())])
            values = random.standard_normal(tuple(parameter.shape), dtype=numpy.float32)
            if name.endswith("LayerNorm.weight"):
                values = 1 + 0.1 * values
            elif name.endswith("bias"):
                values *= 0.1
            elif "embeddings" in name:
                values *= 1.0 if "word" in name else 0.3
            else:
                values /= math.sqrt(parameter.shape[1])
            parameter.copy_(torch.from_numpy(values.astype(numpy.float32)))
    return model.eval()


def pool(states, attention_mask, mode):
    """Sentence embeddings [n, width] of token states [n, t, width], by the pooling modes of
    sentence-transformers: mean, cls, max or lasttoken (the last token that is not padding)."""
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    if mode == "mean":
        return (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
    if mode == "cls":
        return states[:, 0]
    if mode == "max":
        return states.masked_fill(mask == 0, -1e9).max(1).values
    if mode == "lasttoken":
        columns = torch.arange(states.size(1)) * attention_mask
        return states[torch.arange(states.size(0)), columns.argmax(1)]
    raise ValueError(f"unknown pooling mode {mode}")
