"""Measures embeddings: the STS benchmark, banking77, and the languages of snippets.

    ./orrery serve --models MODELS --port 18090 &
    /usr/bin/python3 samples/training/evaluate.py --work /tmp/mini --url http://127.0.0.1:18090
    /usr/bin/python3 samples/training/evaluate.py --work /tmp/mini --tfidf

The heads' strength is chosen on a fifth of the training rows, then they are fitted on all of them.
"""

import argparse
import json
import urllib.request
from pathlib import Path

import numpy as np
from scipy.sparse import issparse
from scipy.stats import pearsonr, spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union
from sklearn.preprocessing import normalize

import corpus

STRENGTHS = (0.3, 1, 3, 10, 30)


def similarity(embed, rows):
    """Spearman's and Pearson's correlation of cosine and human score."""
    left, right = embed([a for a, _, _ in rows]), embed([b for _, b, _ in rows])
    cosines = np.asarray(left.multiply(right).sum(1) if hasattr(left, "multiply") else
                         (left * right).sum(1)).ravel()
    scores = [score for _, _, score in rows]
    return spearmanr(cosines, scores)[0], pearsonr(cosines, scores)[0]


def fifth(texts, labels):
    """Training rows as (fit, validation): every fifth row of a label is held out."""
    seen, fit, held = {}, ([], []), ([], [])
    for text, label in zip(texts, labels):
        seen[label] = seen.get(label, 0) + 1
        side = held if seen[label] % 5 == 0 else fit
        side[0].append(text)
        side[1].append(label)
    return fit, held


def heads(fit_features, train, test):
    """Share of rows that a logistic head labels right: of the validation rows, of the test rows, and
    the head's strength. `fit_features(texts)` returns a function of texts to vectors."""
    fit, held = fifth(*train)
    features = fit_features(fit[0])
    vectors, held_vectors = features(fit[0]), features(held[0])
    solver = "liblinear" if issparse(vectors) else "lbfgs"
    head = lambda c: LogisticRegression(C=c, max_iter=1000, solver=solver)
    scores = {c: head(c).fit(vectors, fit[1]).score(held_vectors, held[1]) for c in STRENGTHS}
    best = max(scores, key=scores.get)
    features = fit_features(train[0])
    fitted = head(best).fit(features(train[0]), train[1])
    return scores[best], fitted.score(features(test[0]), test[1]), best


def report(name, sts_embed, head_features, options):
    for split in ("dev", "test"):
        spearman, pearson = similarity(sts_embed, corpus.sts(options.data, split))
        print(f"{name}: STS {split}: Spearman {spearman:.4f}, Pearson {pearson:.4f}", flush=True)
    sets = {"banking77": [corpus.banking(options.data, s) for s in ("train", "test")],
            "languages": [corpus.labelled(options.work / f"data/languages-{s}.csv") for s in ("train", "test")]}
    for label, (train, test) in sets.items():
        held, found, c = heads(head_features, train, test)
        print(f"{name}: {label}: validation {held:.4f}, test {found:.4f} (C={c})", flush=True)


def tfidf(texts):
    """Words and pairs of words, beside runs of two to five letters."""
    made = make_union(TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
                      TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5)))
    made.fit(texts)
    return lambda some: normalize(made.transform(some))


def tfidf_similarity(texts):
    """For similarity single words and runs of three to five letters measured best on dev."""
    made = make_union(TfidfVectorizer(sublinear_tf=True),
                      TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5)))
    made.fit(texts)
    return lambda some: normalize(made.transform(some))


def served(url, model):
    """Embeddings as the server gives them, 256 texts a request."""
    def embed(texts):
        found = []
        for start in range(0, len(texts), 256):
            body = {"model": model, "inputs": list(texts[start:start + 256]), "truncate": True}
            request = urllib.request.Request(f"{url}/embed", json.dumps(body).encode(),
                                             {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as response:
                found += json.load(response)
        return np.array(found, np.float32)
    return embed


def torch_embed(model, encoder):
    """Embeddings of a model that is being trained."""
    import torch
    import train

    def embed(texts):
        with torch.no_grad():
            ids = [np.array(encoder.encode(text), np.int32) for text in texts]
            return torch.cat([train.embed(model, ids[i:i + 512]) for i in range(0, len(ids), 512)]).numpy()
    return embed


def development(model, encoder, data):
    """What is looked at while training: STS dev, and banking77's validation rows by the nearest mean
    of a label's other rows (faster than a logistic head, and lower)."""
    embed = torch_embed(model, encoder)
    sts = similarity(embed, corpus.sts(data, "dev"))[0]
    (texts, labels), (held, held_labels) = (corpus.banking(data, s) for s in ("fit", "validation"))
    names, numbers = np.unique(labels, return_inverse=True)
    vectors = embed(texts)
    means = normalize(np.stack([vectors[numbers == i].mean(0) for i in range(len(names))]))
    right = np.mean(names[(embed(held) @ means.T).argmax(1)] == np.array(held_labels))
    return {"sts": round(float(sts), 4), "banking": round(float(right), 4),
            "score": round(float(sts) + 0.3 * float(right), 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpus.arguments(parser)
    parser.add_argument("--url", help="a running server")
    parser.add_argument("--model", default="orrery-mini")
    parser.add_argument("--tfidf", action="store_true", help="the baseline instead")
    options = parser.parse_args()
    if options.tfidf:
        sentences = [text for a, b, _ in corpus.sts(options.data, "train") for text in (a, b)]
        report("TF-IDF", tfidf_similarity(sentences), tfidf, options)
    else:
        embed = served(options.url, options.model)
        report(options.model, embed, lambda _: embed, options)


if __name__ == "__main__":
    main()
