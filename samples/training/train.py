"""Trains orrery-mini.

    /usr/bin/python3 samples/training/train.py --work /tmp/mini --out bag.pt --steps 6000
    /usr/bin/python3 samples/training/train.py --work /tmp/mini --start bag.pt --out layers.pt --layers 2 ...

The first run trains the table alone, as a bag of token vectors; the second adds layers, which start
as the identity. Every batch is of one source: contrastive (InfoNCE against the batch's other texts)
for pairs that mean the same, supervised contrastive (Khosla et al. 2020) for labelled texts, and
CoSENT (rank the cosines of a batch as its human scores) for the STS benchmark's training split.
"""

import argparse
import copy
import random
import time

import numpy as np
import torch
from torch.nn import functional as F

import corpus
import evaluate
import vocabulary
from model import Encoder

TEMPERATURE, LABEL_TEMPERATURE, RANK_SCALE, AVERAGE_EVERY = 0.05, 0.1, 20, 5
# How often a batch is of a source, in the first run and with layers.
MIX = {
    "wordnet": 20, "german": 25, "japanese": 10, "gcide": 6, "debian": 5, "anarchism": 4,
    "freedict-hun": 3, "freedict-fin": 1, "freedict-pol": 1, "freedict-ara": 1, "freedict-nld": 1,
    "freedict-fra": 0.3, "freedict-spa": 0.2, "freedict-por": 0.4, "freedict-ell": 1,
    "foldoc": 0.7, "jargon": 0.2, "python": 2, "postgres": 1.5, "git": 0.8, "fortunes": 1,
    "gnome": 0.2, "labels:banking77": 4, "labels:languages": 10, "sts": 18,
}


class Groups:
    """A source's groups of texts as ids."""

    def __init__(self, path, longest, least):
        data = np.load(path)
        self.flat, self.texts, starts = data["flat"], data["texts"], data["starts"]
        self.longest = longest
        sizes = np.diff(np.append(0, starts))
        lengths = self.texts[starts] - self.texts[starts - sizes]
        kept = (sizes > 1) & (lengths >= least * sizes)
        self.first, self.sizes = (starts - sizes)[kept], sizes[kept]

    def text(self, i):
        return self.flat[self.texts[i]:self.texts[i + 1]][:self.longest]

    def pairs(self, count, rng):
        """Two different texts each of `count` groups."""
        chosen = rng.choice(len(self.first), min(count, len(self.first)), replace=False)
        first, sizes = self.first[chosen], self.sizes[chosen]
        a = rng.integers(0, sizes)
        b = (a + 1 + rng.integers(0, sizes - 1)) % sizes
        return [self.text(i) for i in first + a] + [self.text(i) for i in first + b]


class Labelled:
    def __init__(self, texts, labels, encoder, longest):
        self.ids = [np.array(encoder.encode(text, longest), np.int32) for text in texts]
        self.labels = np.unique(labels, return_inverse=True)[1]

    def batch(self, count, rng):
        chosen = rng.choice(len(self.ids), min(count, len(self.ids)), replace=False)
        return [self.ids[i] for i in chosen], torch.from_numpy(self.labels[chosen])


class Scored:
    def __init__(self, rows, encoder, longest):
        self.ids = [[np.array(encoder.encode(text, longest), np.int32) for text in row[:2]] for row in rows]
        self.scores = np.array([row[2] for row in rows], np.float32)

    def batch(self, count, rng):
        chosen = rng.choice(len(self.ids), count, replace=False)
        ids = [self.ids[i][0] for i in chosen] + [self.ids[i][1] for i in chosen]
        return ids, torch.from_numpy(self.scores[chosen])


def thin(ids, share, rng):
    """The ids without a random share of the pieces between [CLS] and [SEP]; never without all.
    `share` is a number, or an array with one for each piece."""
    if len(ids) < 5:
        return ids
    keep = rng.random(len(ids)) >= (share if np.isscalar(share) else share[ids])
    keep[0] = keep[-1] = True
    return ids[keep] if keep.sum() > 3 else ids


def code_shares(encoder, share):
    """For snippets: half of all words are left out, so that a language is known by its signs and
    not by its projects' names."""
    return np.array([0.5 if piece.strip("#").isalnum() else share for piece in encoder.ids])


def embed(model, texts, budget=4096):
    """The embeddings of id arrays, in chunks of like length."""
    if not model.layers:
        starts = np.cumsum([0] + [len(t) for t in texts[:-1]])
        return model.bag(torch.from_numpy(np.concatenate(texts)).long(), torch.from_numpy(starts))
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found, start = [], 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end - start + 1) * len(texts[order[end]]) <= budget:
            end += 1
        part = [texts[i] for i in order[start:end]]
        ids = torch.zeros(len(part), len(part[-1]), dtype=torch.long)
        for row, text in enumerate(part):
            ids[row, :len(text)] = torch.from_numpy(text)
        found.append(model.embed(ids, ids != vocabulary.PAD))
        start = end
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(found)[back]


def contrast(vectors):
    """InfoNCE both ways; equal vectors elsewhere in the batch are no negatives."""
    left, right = vectors.chunk(2)
    logits = left @ right.T / TEMPERATURE
    same = ((right @ right.T > 0.9999) | (left @ left.T > 0.9999)) & ~torch.eye(len(left), dtype=bool)
    logits = logits.masked_fill(same, -1e4)
    target = torch.arange(len(left))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def label_contrast(vectors, labels):
    """Supervised contrastive loss: texts of one label against the rest."""
    logits = vectors @ vectors.T / LABEL_TEMPERATURE
    self_ = torch.eye(len(vectors), dtype=bool)
    logs = F.log_softmax(logits.masked_fill(self_, -1e4), -1)
    same = (labels[:, None] == labels) & ~self_
    some = same.any(1)
    return -((logs * same).sum(1)[some] / same.sum(1)[some]).mean()


def rank(vectors, scores):
    """CoSENT: log(1 + sum of exp(scale (cos_j - cos_i))) over pairs i scored above j."""
    left, right = vectors.chunk(2)
    cosines = (left * right).sum(-1) * RANK_SCALE
    above = scores[:, None] > scores[None, :]
    differences = (cosines[None, :] - cosines[:, None])[above]
    return torch.logsumexp(torch.cat([torch.zeros(1), differences]), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpus.arguments(parser)
    parser.add_argument("--out", required=True, help="checkpoint to write, relative to WORK")
    parser.add_argument("--start", help="checkpoint to go on from; else WORK/vectors.npy")
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=384, help="width inside the layers' feed-forward part")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--batch", type=int, default=768, help="pairs of a contrastive batch")
    parser.add_argument("--scored", type=int, default=128, help="pairs of an STS batch")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of the table")
    parser.add_argument("--layer-rate", type=float, default=5e-4)
    parser.add_argument("--thin", type=float, default=0.1, help="share of pieces left out at random")
    parser.add_argument("--longest", type=int, default=64, help="ids of a text while training")
    parser.add_argument("--least", type=float, default=0, help="mean ids of a group's texts, at least")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--weights", default="", help="name=weight,... over MIX")
    parser.add_argument("--average", type=float, default=0, help="share of the old in the moving "
                        "average of the weights that is measured and kept; 0: the weights themselves")
    parser.add_argument("--every", type=int, default=1000, help="steps between measurements")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    rng = np.random.default_rng(options.seed)

    encoder = vocabulary.load(options.work)
    model = Encoder(len(encoder.ids), layers=options.layers, hidden=options.hidden, dropout=options.dropout)
    if options.start:
        model.load_state_dict(torch.load(options.work / options.start), strict=False)
        if options.layers:  # layers add numbers of about 1 to the table's, so the table's become that
            weight = model.table.weight.data
            weight /= weight[vocabulary.MASK + 1:].pow(2).mean().sqrt()
    else:
        model.table.weight.data = torch.from_numpy(np.load(options.work / "vectors.npy"))
    mix = MIX | {k: float(v) for k, v in (p.split("=") for p in options.weights.split(",") if p)}
    sources = {}
    for name, weight in mix.items():
        if weight == 0:
            continue
        if name == "sts":
            sources[name] = Scored(corpus.sts(options.data, "train"), encoder, options.longest)
        elif name == "labels:banking77":
            sources[name] = Labelled(*corpus.banking(options.data, "fit"), encoder, options.longest)
        elif name == "labels:languages":
            sources[name] = Labelled(*corpus.code(options.work), encoder, options.longest)
        else:
            sources[name] = Groups(options.work / f"encoded/{name}.npz", options.longest, options.least)
    names, signs = sorted(sources), code_shares(encoder, options.thin)
    weights = np.array([mix[name] for name in names])
    weights /= weights.sum()

    table = [p for n, p in model.named_parameters() if n.startswith("table")]
    rest = [p for n, p in model.named_parameters() if not n.startswith("table")]
    optimizer = torch.optim.AdamW([dict(params=table, lr=options.rate, weight_decay=0),
                                   dict(params=rest, lr=options.layer_rate, weight_decay=0.01)],
                                  betas=(0.9, 0.98))
    warm = max(50, options.steps // 50)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.02, 1 - (s - warm) / (options.steps - warm))))
    kept = copy.deepcopy(model).eval()
    started, losses, best = time.time(), {}, -1
    for step in range(options.steps + 1):
        if step % options.every == 0:
            found = evaluate.development(kept, encoder, options.data)
            means = " ".join(f"{n}={np.mean(v):.2f}" for n, v in sorted(losses.items())
                             if n in ("wordnet", "german", "sts", "debian", "code") or ":" in n)
            print(f"{step} {time.time() - started:.0f}s {found} {means}", flush=True)
            if found["score"] > best:
                best = found["score"]
                torch.save(kept.state_dict(), options.work / options.out)
            losses = {}
        name = names[rng.choice(len(names), p=weights)]
        source = sources[name]
        if name == "sts":
            texts, scores = source.batch(options.scored, rng)
            loss = rank(embed(model, [thin(t, options.thin, rng) for t in texts]), scores)
        elif name.startswith("labels:"):
            texts, labels = source.batch(options.batch, rng)
            share = signs if name == "labels:languages" else options.thin
            loss = label_contrast(embed(model, [thin(t, share, rng) for t in texts]), labels)
        else:
            texts = source.pairs(options.batch, rng)
            loss = contrast(embed(model, [thin(t, options.thin, rng) for t in texts]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        optimizer.step()
        schedule.step()
        if options.average == 0 or step % AVERAGE_EVERY == 0:
            with torch.no_grad():
                for old, new in zip(kept.parameters(), model.parameters()):
                    old.lerp_(new, 1 - options.average ** AVERAGE_EVERY)
        losses.setdefault(name, []).append(loss.item())


if __name__ == "__main__":
    main()
