"""Fits scikit-learn's classifiers on rows that the benchmark wrote, and prints times and accuracies as JSON.

Support vector machines as Orrery trains them: one a class, calibrated by Platt's method on 5 folds.

    /usr/bin/python3 bench/peers/sklearn_heads.py FOLDER

FOLDER holds shape.json {"columns", "heads": [{"name", "kind", "c", "pca", "whiten"}]}, train.f32 and train.i32, and perhaps test.f32 and test.i32:
rows of little-endian float32 and the class of each. Needs scikit-learn (Debian: python3-sklearn).
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

folder = Path(sys.argv[1])
shape = json.loads((folder / "shape.json").read_text())


def read(name):
    path = folder / f"{name}.f32"
    if not path.exists():
        return None, None
    return np.fromfile(path, "<f4").reshape(-1, shape["columns"]), np.fromfile(folder / f"{name}.i32", "<i4")


def classifier(head):
    kinds = {
        "logistic": lambda: LogisticRegression(C=head["c"], max_iter=1000),
        "linear-svm": lambda: CalibratedClassifierCV(LinearSVC(C=head["c"], max_iter=1000), cv=5, ensemble=False),
        "rbf-svm": lambda: CalibratedClassifierCV(OneVsRestClassifier(SVC(C=head["c"])), cv=5, ensemble=False),
    }
    made = kinds[head["kind"]]()
    return make_pipeline(PCA(head["pca"], whiten=head["whiten"], svd_solver="full"), made) if head["pca"] else made


rows, labels = read("train")
held, expected = read("test")
answers = []
for head in shape["heads"]:
    start = time.perf_counter()
    fitted = classifier(head).fit(rows, labels)
    answers.append({
        "name": head["name"],
        "seconds": time.perf_counter() - start,
        "accuracy": None if held is None else float(np.mean(fitted.predict(held) == expected)),
    })
print(json.dumps(answers))
