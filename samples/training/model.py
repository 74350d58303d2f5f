"""The encoder: a table of token vectors, and layers that start as the identity."""

import torch
from torch import nn
from torch.nn import functional as F


class Layer(nn.Module):
    """A pre-norm transformer layer whose feed-forward part sees each token's two neighbours too:
    what pairs of tokens mean is learned sooner from those than by attention to positions. Both
    branches end in zeros, so the layer starts as the identity."""

    def __init__(self, width, heads, hidden, dropout):
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(3 * width, hidden)
        self.down = nn.Linear(hidden, width)
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x, mask, bias):
        """x [batch, tokens, width]; mask [batch, tokens, 1], 0 at padding; bias [batch, 1, 1, tokens],
        a large negative number at padding."""
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(2, 3) / (width // self.heads) ** 0.5 + bias
        mixed = self.dropout(scores.softmax(-1)) @ v
        x = x + self.dropout(self.out(mixed.transpose(1, 2).reshape(batch, tokens, width)))
        own = F.pad(self.norm2(x) * mask, (0, 0, 1, 1))
        near = torch.cat([own[:, :-2], own[:, 1:-1], own[:, 2:]], -1)
        return x + self.dropout(self.down(F.gelu(self.up(near))))


class Encoder(nn.Module):
    """Ids to one vector a token; the mean over a text's tokens is its embedding."""

    def __init__(self, pieces, width=256, layers=0, heads=4, hidden=384, longest=128, dropout=0.1):
        super().__init__()
        self.table = nn.Embedding(pieces, width)
        self.positions = nn.Parameter(torch.zeros(longest, width))
        self.layers = nn.ModuleList(Layer(width, heads, hidden, dropout) for _ in range(layers))

    def forward(self, ids, mask):
        """ids, mask [batch, tokens]; returns [batch, tokens, width]."""
        x = self.table(ids)
        if self.layers:
            x = x + self.positions[:ids.shape[1]]
            mask = mask.to(x.dtype)
            bias = (mask[:, None, None] - 1) * 1e4
            for layer in self.layers:
                x = layer(x, mask[..., None], bias)
        return x

    def embed(self, ids, mask):
        """The embedding of each text, of length 1: [batch, width]."""
        weights = mask[..., None].float()
        return F.normalize((self(ids, mask) * weights).sum(1) / weights.sum(1), dim=-1)

    def bag(self, flat, starts):
        """The same without layers, for texts that lie behind each other in one array."""
        return F.normalize(F.embedding_bag(flat, self.table.weight, starts, mode="mean"), dim=-1)
