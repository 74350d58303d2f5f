"""Reads what the encoder is trained and measured on."""

import csv
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# How often a source's words count when the vocabulary is learned; 1 where nothing is said.
VOCABULARY_WEIGHTS = {"sts": 30, "banking77": 10, "usage": 5, "german": 3, "japanese": 2, "code": 0.3,
                      "gcide": 0.3, "python": 0.3, "postgres": 0.3, "git": 0.3, "debian": 0.4}


def arguments(parser):
    shared = Path(os.environ.get("ORRERY_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--work", required=True, type=Path, help="the folder of sources.py")
    parser.add_argument("--data", type=Path, default=shared / "data",
                        help="folder of stsb-en and banking77 (default: data in $ORRERY_SHARED)")


def sts(data, split):
    """Pairs of sentences with their similarity from 0 to 5. The training pairs that also stand in
    the test split are left out."""
    read = lambda name: [(a, b, float(score)) for a, b, score in
                         csv.reader(open(data / f"stsb-en/{name}.csv", encoding="utf-8", newline=""))]
    if split != "train":
        return read(split)
    test = {frozenset((a, b)) for a, b, _ in read("test")}
    return [row for row in read("train") if frozenset(row[:2]) not in test]


def labelled(path):
    """Texts and labels of a CSV file with a header."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [row[0] for row in rows], [row[1] for row in rows]


def banking(data, split):
    """Texts and labels: `fit` is four of five training rows, `validation` the fifth, `train` both
    and `test` the test rows. Training rows that also stand in the test split are left out."""
    if split == "test":
        return labelled(data / "banking77/test.csv")
    test = set(labelled(data / "banking77/test.csv")[0])
    rows = [row for row in zip(*labelled(data / "banking77/train.csv")) if row[0] not in test]
    if split != "train":
        rows = [row for i, row in enumerate(rows) if (i % 5 == 4) == (split == "validation")]
    return [text for text, _ in rows], [label for _, label in rows]


def code(work):
    """Snippets of the languages' training packages, and their labels."""
    rows = [line.split("\t") for line in (work / "groups/code.tsv").read_text("utf-8").splitlines()]
    return [row[1] for row in rows], [row[0] for row in rows]


def groups(work, data):
    """Every source's groups: texts that mean the same, or belong together."""
    found = {}
    for path in sorted((work / "groups").glob("*.tsv")):
        lines = path.read_text("utf-8").splitlines()
        found[path.stem] = [line.split("\t") for line in lines if line]
    found["sts"] = [[a, b] for a, b, _ in sts(data, "train")]
    found["banking77"] = [[text] for text in banking(data, "train")[0]]
    return found
