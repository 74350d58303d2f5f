"""What scikit-learn learns from small data, for the tests of training/.

    /usr/bin/python3 tests/reference/heads.py

Needs scikit-learn and numpy (Debian: python3-sklearn). Writes tests/fixtures/heads: rows.json (rows to
learn from, their classes, rows to predict) and cases.json (options by the names of HeadGrid, and the
coefficients, decision values, probabilities and classes that scikit-learn gives with them). Solvers run
far below their default tolerances, so that the values are the problems' solutions, not where one solver
happened to stop.

Three and more classes are one machine against the rest each, and weights of classes are weights of
their rows in every machine, as training/ does it; scikit-learn is called so that it does the same.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.calibration import _sigmoid_calibration
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.utils.class_weight import compute_sample_weight

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "heads"
COLUMNS = 7


def data():
    """Classes of 50, 30 and 20 rows that overlap; columns of different size around different means."""
    random = np.random.RandomState(3)
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    order = random.permutation(100)
    centers = 0.9 * random.randn(3, COLUMNS)
    mix = random.randn(COLUMNS, COLUMNS) / np.sqrt(COLUMNS)
    shape = lambda rows: (rows @ mix * np.linspace(0.4, 1.6, COLUMNS) + np.linspace(-0.5, 1, COLUMNS)).astype(np.float32)
    rows = shape(centers[labels] + random.randn(100, COLUMNS))
    held_out = shape(centers[np.arange(30) % 3] + random.randn(30, COLUMNS))
    return rows[order], labels[order], held_out


def features(options):
    steps = []
    if options.get("standardize") == "true":
        steps.append(StandardScaler())
    if "pca" in options:
        kept = float(options["pca"])
        steps.append(PCA(int(kept) if kept >= 1 else kept, whiten=options.get("whiten") == "true", svd_solver="full"))
    return make_pipeline(*steps) if steps else FunctionTransformer()


def weights(options, class_weights, labels):
    if options.get("balanced") == "true":
        return compute_sample_weight("balanced", labels)
    return compute_sample_weight(None if class_weights is None else dict(enumerate(class_weights)), labels)


def machine(options):
    c, gamma = float(options.get("c", 1)), options.get("gamma", "scale")
    return {
        "logistic": lambda: LogisticRegression(C=c, tol=1e-10, max_iter=100_000),
        "linear-svm": lambda: LinearSVC(C=c, tol=1e-11, max_iter=10_000_000, random_state=0),
        "rbf-svm": lambda: SVC(C=c, gamma=gamma if gamma == "scale" else float(gamma), tol=1e-9),
        "one-class": lambda: OneClassSVM(nu=float(options["contamination"]), tol=1e-9),
    }[options["kind"]]()


def case(name, classes, options, rows, labels, held_out, class_weights=None):
    inside = labels < classes
    rows, labels = rows[inside].astype(float), labels[inside]
    prepare = features(options).fit(rows)
    x, test, each = prepare.transform(rows), prepare.transform(held_out.astype(float)), weights(options, class_weights, labels)
    result = {"name": name, "classes": classes, "options": options, "class_weights": class_weights}
    kind = options["kind"]
    if kind == "one-class":
        fitted = machine(options).fit(x)
        decision = fitted.decision_function(test)[:, None]
    elif classes == 2 or kind != "rbf-svm":
        fitted = machine(options).fit(x, labels, sample_weight=each)
        decision = fitted.decision_function(test).reshape(len(test), -1)
        result["label"] = fitted.predict(test).tolist()
    else:
        # SVC decides between pairs of classes; here one decides between each class and the rest.
        gamma = float(options["gamma"]) if "gamma" in options else 1 / (x.shape[1] * x.var())
        one = [SVC(C=float(options.get("c", 1)), gamma=gamma, tol=1e-9).fit(x, labels == k, sample_weight=each) for k in range(classes)]
        decision = np.stack([fitted.decision_function(test) for fitted in one], 1)
        result["label"] = decision.argmax(1).tolist()
    result["decision"] = np.round(decision, 6).tolist()
    if kind == "logistic":
        result["probabilities"] = np.round(fitted.predict_proba(test), 6).tolist()
    if kind in ("logistic", "linear-svm") and "pca" not in options and "standardize" not in options:
        result["coefficients"] = np.round(fitted.coef_, 6).tolist()
        result["intercepts"] = np.round(fitted.intercept_, 6).tolist()
    return result


def platt():
    """Scores of two classes, one of them rare, and the sigmoid that scikit-learn calibrates them with."""
    random = np.random.RandomState(5)
    cases = []
    for count, positives, gap, balanced in ((60, 30, 1.5, False), (200, 12, 2.0, False), (40, 20, 30.0, False), (200, 12, 2.0, True)):
        labels = np.zeros(count, int)
        labels[:positives] = 1
        scores = (gap * (labels - 0.5) + random.randn(count)).astype(np.float32)
        each = compute_sample_weight("balanced" if balanced else None, labels)
        a, b = _sigmoid_calibration(scores.astype(float), labels, each)
        cases.append({"scores": [round(float(s), 9) for s in scores], "positive": (labels == 1).tolist(),
                      "weights": np.round(each, 9).tolist(), "a": a, "b": b})
    return cases


def main():
    rows, labels, held_out = data()
    OUT.mkdir(parents=True, exist_ok=True)
    exact = lambda block: [[round(float(v), 9) for v in row] for row in block]
    (OUT / "rows.json").write_text(json.dumps({"rows": exact(rows), "labels": labels.tolist(), "held_out": exact(held_out)}) + "\n")
    make = lambda name, classes, class_weights=None, **options: case(
        name, classes, {key.replace("_", "-"): value for key, value in options.items()}, rows, labels, held_out, class_weights)
    cases = [
        make("logistic of 2 classes", 2, kind="logistic"),
        make("logistic of 3 classes", 3, kind="logistic"),
        make("logistic with C 10", 3, kind="logistic", c="10"),
        make("logistic with C 0.05", 2, kind="logistic", c="0.05"),
        make("balanced logistic", 3, kind="logistic", balanced="true"),
        make("balanced logistic of 2 classes", 2, kind="logistic", balanced="true"),
        make("logistic with class weights", 3, [0.5, 2, 3], kind="logistic"),
        make("standardized logistic", 3, kind="logistic", standardize="true"),
        make("logistic after pca", 3, kind="logistic", pca="4"),
        make("logistic after pca by variance", 3, kind="logistic", pca="0.9"),
        make("logistic after whitened pca", 2, kind="logistic", pca="5", whiten="true"),
        make("logistic after standardized and whitened pca", 3, kind="logistic", standardize="true", pca="0.8", whiten="true"),
        make("linear svm of 2 classes", 2, kind="linear-svm"),
        make("linear svm of 3 classes", 3, kind="linear-svm"),
        make("linear svm with C 0.1", 3, kind="linear-svm", c="0.1"),
        make("balanced linear svm", 3, kind="linear-svm", balanced="true"),
        make("linear svm with class weights", 2, [1, 4], kind="linear-svm"),
        make("linear svm after whitened pca", 3, kind="linear-svm", pca="4", whiten="true"),
        make("rbf svm of 2 classes", 2, kind="rbf-svm"),
        make("rbf svm of 3 classes", 3, kind="rbf-svm"),
        make("rbf svm with gamma and C", 2, kind="rbf-svm", gamma="0.5", c="5"),
        make("balanced rbf svm", 3, kind="rbf-svm", balanced="true"),
        make("rbf svm after pca", 3, kind="rbf-svm", pca="3"),
        make("standardized rbf svm", 2, kind="rbf-svm", standardize="true"),
        make("one-class", 3, kind="one-class", contamination="0.1"),
        make("one-class after whitened pca", 3, kind="one-class", contamination="0.25", pca="4", whiten="true"),
    ]
    lines = ",\n".join(json.dumps(c) for c in cases)
    sigmoids = ",\n".join(json.dumps(c) for c in platt())
    (OUT / "cases.json").write_text(f'{{"heads": [\n{lines}\n], "sigmoids": [\n{sigmoids}\n]}}\n')


if __name__ == "__main__":
    main()
