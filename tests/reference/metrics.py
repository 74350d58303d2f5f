"""Measures small cases with scikit-learn and SciPy, for Orrery.Training's metrics to be compared with.

    /usr/bin/python3 tests/reference/metrics.py

Needs scikit-learn 1.2 and SciPy (Debian: python3-sklearn). Writes tests/fixtures/metrics/: classification.json
and correlation.json. A number that is not defined is null.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "metrics"
EPSILON = float(np.finfo(np.float32).eps)
warnings.filterwarnings("ignore")


def plain(value, digits=17):
    """Numbers and lists as JSON has them; nine digits are enough for a float32 to come back the same."""
    if isinstance(value, dict):
        return {key: plain(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item, digits) for item in value]
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    return value


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def case(name, classes, actual, probabilities, predicted=None):
    actual, probabilities = np.asarray(actual), np.asarray(probabilities, dtype=np.float32)
    predicted = probabilities.argmax(axis=1) if predicted is None else np.asarray(predicted)
    wide = probabilities.astype(np.float64)
    labels = np.arange(classes)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(actual, predicted, labels=labels, zero_division=0)
    result = {
        "name": name, "classes": classes, "actual": actual, "predicted": predicted, "probabilities": wide.ravel(),
        "confusion": metrics.confusion_matrix(actual, predicted, labels=labels),
        "accuracy": metrics.accuracy_score(actual, predicted),
        "precision": precision, "recall": recall, "f1": f1, "support": support.astype(int),
        "log_loss": metrics.log_loss(actual, wide, labels=labels, eps=EPSILON),
    }
    for average in ("macro", "weighted"):
        result[average] = metrics.precision_recall_fscore_support(actual, predicted, average=average, zero_division=0)[:3]
    if classes == 2:
        # Later releases of scikit-learn have Brier's score for more classes, 1.2 has not.
        result["brier"] = metrics.brier_score_loss(actual, wide[:, 1], pos_label=1)
        outcomes, confidence = actual == 1, wide[:, 1]
    else:
        result["brier"] = np.mean(np.sum((wide - np.eye(classes)[actual]) ** 2, axis=1))
        outcomes, confidence = actual == predicted, wide[np.arange(len(actual)), predicted]
    share, mean = calibration_curve(outcomes, confidence, n_bins=10, strategy="uniform", pos_label=True) \
        if len(set(outcomes)) == 2 else (None, None)
    result["calibration"] = None if share is None else {"share": share, "mean": mean}
    result["ranked"] = [ranked(actual == c, wide[:, c]) for c in (labels if classes > 2 else [1])]
    if classes > 2 and len(set(actual)) == classes:
        result["roc_auc"] = metrics.roc_auc_score(actual, wide / wide.sum(axis=1, keepdims=True), multi_class="ovr", average="macro")
    return plain(result, digits=9)


def ranked(positive, scores):
    """The curves of one class. Points of the precision-recall curve go from the highest threshold to the lowest."""
    result = {"auc": None, "average_precision": None, "roc": None, "precision_recall": None}
    if positive.any() and not positive.all():
        false, true, thresholds = metrics.roc_curve(positive, scores, drop_intermediate=False)
        result["auc"] = metrics.roc_auc_score(positive, scores)
        result["roc"] = {"x": false, "y": true, "thresholds": thresholds[1:]}
    if positive.any():
        precision, recall, thresholds = metrics.precision_recall_curve(positive, scores)
        result["average_precision"] = metrics.average_precision_score(positive, scores)
        result["precision_recall"] = {"x": recall[::-1], "y": precision[::-1], "thresholds": thresholds[::-1]}
        best = max(thresholds, key=lambda t: (metrics.f1_score(positive, scores >= t), t))
        result["best_f1"] = {"threshold": best, "f1": metrics.f1_score(positive, scores >= best)}
        result["for_precision"] = [chosen(precision[:-1], recall[:-1], thresholds, wanted) for wanted in (0.5, 0.8, 0.95)]
        result["for_recall"] = [chosen(recall[:-1], precision[:-1], thresholds, wanted) for wanted in (0.5, 0.8, 0.95)]
    return result


def chosen(wanted_of, other, thresholds, wanted):
    """What has the wanted share or more, and of those the highest share of the other, then of the wanted."""
    enough = [(other[i], wanted_of[i], thresholds[i]) for i in range(len(thresholds)) if wanted_of[i] >= wanted]
    return {"wanted": wanted, "threshold": max(enough)[2] if enough else None}


def classification():
    random = np.random.RandomState(7)
    two = random.randint(0, 2, 200)
    scores = softmax(np.stack([np.zeros(200), 1.5 * (two - 0.5) + random.randn(200)], axis=1))
    ties = np.round(scores[:, 1] * 8) / 8
    four = random.randint(0, 4, 120)
    many = softmax(1.2 * np.eye(4)[four] + random.randn(120, 4))
    absent = np.where(four == 2, 0, four)
    skewed = (random.rand(400) < 0.04).astype(int)
    rare = softmax(np.stack([np.zeros(400), 2.0 * skewed - 3 + random.randn(400)], axis=1))
    sure = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]])
    return [
        case("two classes", 2, two, scores),
        case("two classes with ties and scores on the edges of bins", 2, two, np.stack([1 - ties, ties], axis=1)),
        case("a rare class", 2, skewed, rare),
        case("a threshold other than a half", 2, two, scores, (scores[:, 1] >= 0.7).astype(int)),
        case("certain, and wrong once", 2, [0, 1, 1, 1, 0], sure),
        case("all scores equal", 2, two[:20], np.full((20, 2), 0.5)),
        case("only the second class", 2, [1, 1, 1], [[0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]),
        case("only the first class", 2, [0, 0, 0], [[0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]),
        case("one row", 2, [1], [[0.2, 0.8]]),
        case("one row of three classes", 3, [2], [[0.2, 0.5, 0.3]]),
        case("four classes", 4, four, many),
        case("a class without rows", 4, absent, many),
        case("a class without rows and never told", 4, absent[absent != 2], many[absent != 2], np.where(many[absent != 2].argmax(axis=1) == 2, 0, many[absent != 2].argmax(axis=1))),
    ]


def correlation():
    random = np.random.RandomState(3)
    x = random.randn(50)
    cases = [
        ("linear with noise", x, 0.7 * x + random.randn(50)),
        ("monotonic", x, np.exp(x)),
        ("ties on both sides", np.round(x), np.round(x + random.randn(50))),
        ("opposite", x, -x),
        ("large and close together", 1e9 + x, 1e9 + x + random.randn(50)),
        ("constant", np.ones(5), np.arange(5.0)),
        ("two rows", [1.0, 2.0], [3.0, 1.0]),
    ]
    return [plain({"name": name, "x": a, "y": b, "pearson": stats.pearsonr(a, b)[0], "spearman": stats.spearmanr(a, b)[0]})
            for name, a, b in cases]


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for file, cases in (("classification", classification()), ("correlation", correlation())):
        (OUT / f"{file}.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
        print(f"{file}.json: {len(cases)} cases")
