"""Encodes the groups and makes the first token vectors.

    /usr/bin/python3 samples/training/prepare.py --work /tmp/mini

Writes WORK/encoded/SOURCE.npz (ids, where each text starts, where each group starts) and
WORK/vectors.npy: positive pointwise mutual information of pieces within five of each other over
all text, reduced to the model's width by a truncated singular value decomposition (Levy and
Goldberg 2014), each row scaled by a/(a + p(piece)) (Arora, Liang and Ma 2017).
"""

import argparse

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

import corpus
import vocabulary

WIDTH, WINDOW, SMOOTH, SHARE = 256, 5, 0.75, 3e-4


def encode(groups, encoder):
    flat, texts, starts = [], [0], [0]
    for group in groups:
        for text in group:
            flat += encoder.encode(text)
            texts.append(len(flat))
        starts.append(len(texts) - 1)
    return np.array(flat, np.int32), np.array(texts), np.array(starts)


def counts(parts, pieces):
    """How often two pieces stand within WINDOW of each other, the nearer the more."""
    total = sparse.csr_matrix((pieces, pieces), dtype=np.float32)
    for flat, weight in parts:
        for distance in range(1, WINDOW + 1):
            left, right = flat[:-distance], flat[distance:]
            keep = np.ones(len(left), bool)
            for step in range(distance + 1):  # no pair across [CLS] or [SEP]
                keep &= flat[step:len(flat) - distance + step] > vocabulary.MASK
            values = np.full(int(keep.sum()), weight / distance, np.float32)
            found = sparse.coo_matrix((values, (left[keep], right[keep])), total.shape).tocsr()
            total = total + found + found.T
    return total


def vectors(total, unigrams, seed):
    rows = np.asarray(total.sum(1)).ravel() + 1e-9
    context = rows ** SMOOTH / (rows ** SMOOTH).sum()
    table = total.tocoo()
    mutual = np.log(table.data / (rows[table.row] * context[table.col]))
    keep = mutual > 0
    positive = sparse.csr_matrix((mutual[keep], (table.row[keep], table.col[keep])), table.shape)
    u, s, _ = randomized_svd(positive, WIDTH, n_oversamples=32, n_iter=3, random_state=seed)
    found = u * np.sqrt(s)
    found /= np.linalg.norm(found, axis=1, keepdims=True) + 1e-6
    share = unigrams / unigrams.sum()
    found *= (SHARE / (SHARE + share))[:, None]
    found[:vocabulary.MASK + 1] = 0
    return found.astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpus.arguments(parser)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    encoder = vocabulary.load(options.work)
    (options.work / "encoded").mkdir(exist_ok=True)
    parts, pieces = [], len(encoder.ids)
    unigrams = np.zeros(pieces)
    for name, groups in corpus.groups(options.work, options.data).items():
        flat, texts, starts = encode(groups, encoder)
        np.savez(options.work / f"encoded/{name}.npz", flat=flat, texts=texts, starts=starts)
        weight = {"sts": 5, "banking77": 3, "code": 0.3}.get(name, 1)
        parts.append((flat, weight))
        unigrams += weight * np.bincount(flat, minlength=pieces)
        unknown = (flat == vocabulary.UNK).mean()
        print(f"{name}: {len(flat)} ids, {len(flat) / len(texts):.1f} a text, {unknown:.5f} unknown", flush=True)
    np.save(options.work / "vectors.npy", vectors(counts(parts, pieces), unigrams, options.seed))


if __name__ == "__main__":
    main()
