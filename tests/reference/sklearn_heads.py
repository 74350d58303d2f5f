"""Fits scikit-learn pipelines and writes them as the ONNX graphs that skl2onnx makes of them.

    /usr/bin/python3 tests/reference/sklearn_heads.py

Needs scikit-learn, onnx and numpy (Debian: python3-sklearn python3-onnx). Writes tests/fixtures/sklearn:
rows.json holds the rows to predict, <name>.onnx a pipeline, <name>.json what scikit-learn answers for
those rows.

skl2onnx itself is not needed. Which operators it writes, their attributes and the names of values were
read from its converters (https://github.com/onnx/sklearn-onnx, revision 33c9f268, 2026-07), named below
at each function as `file: function` under skl2onnx/; what an operator computes from
https://onnx.ai/onnx/operators/. Inputs are float32 [N, columns], as its FloatTensorType([None, columns]).
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, ValueInfoProto, checker, helper, numpy_helper
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "sklearn"
ML = "ai.onnx.ml"
COLUMNS = 12
NAMES = np.array(["card arrival", "lost or stolen", "Überweisung"])  # one label beyond ASCII, and spaces


def data():
    """Three overlapping clusters, columns of different size; 90 rows to fit, 24 to predict."""
    random = np.random.RandomState(20)
    labels = np.arange(114) % 3
    centers = random.randn(3, COLUMNS)
    rows = (centers[labels] + 0.8 * random.randn(114, COLUMNS)) * np.linspace(0.2, 3, COLUMNS) + np.linspace(-1, 1, COLUMNS)
    return rows.astype(np.float32), labels


class Graph:
    """The nodes and constants of a model. Names are made unique by a number, as scope.get_unique_*_name does."""

    def __init__(self, input_name):
        self.nodes, self.constants, self.outputs, self.names = [], [], [], {}
        self.input = input_name

    def unique(self, name):
        count = self.names.get(name, 0)
        self.names[name] = count + 1
        return name if count == 0 else f"{name}{count}"

    def constant(self, name, values, dtype=np.float32):
        name = self.unique(name)
        values = np.asarray(values)
        if values.dtype.kind in "US":
            tensor = helper.make_tensor(name, TensorProto.STRING, values.shape, [s.encode() for s in values])
        else:
            tensor = numpy_helper.from_array(values.astype(dtype), name)
        self.constants.append(tensor)
        return name

    def add(self, kind, inputs, outputs, domain="", **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        name = self.unique({"SVMClassifier": "SVMc"}.get(kind, kind))
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes))
        return outputs[0]

    def output(self, name, kind, shape):
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def save(self, path):
        graph = helper.make_graph(
            self.nodes, "head", [helper.make_tensor_value_info(self.input, TensorProto.FLOAT, [None, COLUMNS])],
            self.outputs, self.constants)
        model = helper.make_model(graph, producer_name="skl2onnx", producer_version="1.21.0", domain="ai.onnx", ir_version=8,
                                  opset_imports=[helper.make_opsetid(ML, 1), helper.make_opsetid("", 17)])
        checker.check_model(model)
        data = model.SerializeToString(deterministic=True)
        assert len(data) <= 30_000, (path.name, len(data))
        path.write_bytes(data)


def scaler(g, op, value):
    """operator_converters/scaler_op.py: convert_sklearn_scaler. The scale is the reciprocal."""
    return g.add("Scaler", [value], g.unique("variable"), ML,
                 offset=op.mean_.astype(np.float32).tolist(), scale=(1 / op.scale_).astype(np.float32).tolist())


def pca(g, op, value):
    """operator_converters/decomposition.py: convert_truncated_svd, its branch for PCA."""
    matrix = g.constant("transform_matrix", op.components_.T)
    centered = g.add("Sub", [value, g.constant("mean", op.mean_)], g.unique("sub_result"))
    if not op.whiten:
        return g.add("MatMul", [centered, matrix], g.unique("variable"))
    variance = g.constant("explained_variance", op.explained_variance_)
    product = g.add("MatMul", [centered, matrix], g.unique("matmul_result"))
    root = g.add("Sqrt", [variance], g.unique("explained_variance_root"))
    return g.add("Div", [product, root], g.unique("variable"))


def class_attributes(classes):
    if classes.dtype.kind == "U":
        return {"classlabels_strings": classes.tolist()}
    return {"classlabels_ints": [int(c) for c in classes]}


def linear_attributes(op):
    """operator_converters/linear_classifier.py: convert_sklearn_linear_classifier. Two classes have two rows of weights."""
    weights, intercepts = op.coef_, op.intercept_
    if len(op.classes_) == 2:
        weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
    return {"coefficients": weights.ravel().tolist(), "intercepts": intercepts.tolist(),
            "multi_class": int(len(op.classes_) > 2), **class_attributes(op.classes_)}


def logistic(g, op, value):
    """The same. Three classes are brought to sum 1 by a Normalizer (common/_apply_operation.py: apply_normalizer)."""
    label, probabilities = g.unique("label"), g.unique("probabilities")
    if len(op.classes_) == 2:
        g.add("LinearClassifier", [value], [label, probabilities], ML, post_transform="LOGISTIC", **linear_attributes(op))
    else:
        raw = g.unique("probability_tensor")
        g.add("LinearClassifier", [value], [label, raw], ML, post_transform="SOFTMAX", **linear_attributes(op))
        g.add("Normalizer", [raw], probabilities, ML, norm="L1")
    return label, probabilities


def linear_svc(g, op, value):
    """The same. `probabilities` are raw scores: [N, 1], that of class 1, for two classes. Never a ZipMap (_parse.py)."""
    label, scores = g.unique("label"), g.unique("probabilities")
    if len(op.classes_) > 2:
        g.add("LinearClassifier", [value], [label, scores], ML, post_transform="NONE", **linear_attributes(op))
    else:
        both = g.unique("raw_scores_tensor")
        index = g.constant("positive_class_index", np.array(1), np.int64)
        g.add("LinearClassifier", [value], [label, both], ML, post_transform="NONE", **linear_attributes(op))
        g.add("ArrayFeatureExtractor", [both, index], scores, ML)
    return label, scores


def sgd(g, op, value):
    """operator_converters/sgd_classifier.py: convert_sklearn_sgd_classifier with loss log_loss: core operators."""
    text = op.classes_.dtype.kind == "U"
    classes = g.constant("classes", op.classes_, np.int32)
    product = g.add("MatMul", [value, g.constant("coef", op.coef_.T)], g.unique("matmul_result"))
    scores = g.add("Add", [product, g.constant("intercept", op.intercept_)], g.unique("score"))
    label, probabilities = g.unique("label"), g.unique("probabilities")
    if len(op.classes_) == 2:
        one = g.constant("unity", [1])
        second = g.add("Sigmoid", [scores], g.unique("sigmoid"))
        first = g.add("Sub", [one, second], g.unique("sigmo_0"))
        g.add("Concat", [first, second], probabilities, axis=1)
    else:
        minus, one = g.constant("negate", np.array(-1)), g.constant("unity", np.array(1))
        negated = g.add("Mul", [scores, minus], g.unique("negated_scores"))
        grown = g.add("Add", [g.add("Exp", [negated], g.unique("exp_result")), one], g.unique("add_result"))
        each = g.add("Reciprocal", [grown], g.unique("proba"))
        total = g.add("ReduceSum", [each, g.constant("axis", [1], np.int64)], g.unique("reduced_proba"))
        # _handle_zeros: where every class has 0, all have the same.
        count = g.constant("num_classes", np.array(len(op.classes_)))
        nonzero = g.add("Cast", [total], g.unique("bool_reduced_proba"), to=TensorProto.BOOL)
        zero = g.add("Cast", [g.add("Not", [nonzero], g.unique("bool_not_reduced_proba"))],
                     g.unique("not_reduced_proba"), to=TensorProto.FLOAT)
        above = g.add("Add", [each, zero], g.unique("proba_updated"))
        mask = g.add("Mul", [zero, count], g.unique("mask"))
        below = g.add("Add", [total, mask], g.unique("reduced_proba_updated"))
        g.add("Div", [above, below], probabilities)
    winner = g.add("ArgMax", [probabilities], g.unique("predicted_label"), axis=1, keepdims=1)
    found = g.add("ArrayFeatureExtractor", [classes, winner], g.unique("final_label"), ML)
    shape = g.constant("shape_tensor", [-1], np.int64)
    if text:
        g.add("Reshape", [found, shape], label)
    else:
        flat = g.add("Reshape", [found, shape], g.unique("reshaped_final_label"))
        g.add("Cast", [flat], label, to=TensorProto.INT64)
    return label, probabilities


def svc(g, op, value):
    """operator_converters/support_vector_machines.py: convert_sklearn_svm_classifier. Two classes: signs are turned."""
    sign = -1 if len(op.classes_) == 2 else 1
    label, probabilities = g.unique("label"), g.unique("probabilities")
    raw = g.unique("SVM02")
    g.add("SVMClassifier", [value], [label, raw], ML,
          kernel_type=op.kernel.upper(), kernel_params=[float(op._gamma), float(op.coef0), float(op.degree)],
          support_vectors=op.support_vectors_.ravel().astype(np.float32).tolist(),
          coefficients=(sign * op.dual_coef_).ravel().astype(np.float32).tolist(),
          rho=(sign * op.intercept_).astype(np.float32).tolist(),
          prob_a=op.probA_.astype(np.float32).tolist(), prob_b=op.probB_.astype(np.float32).tolist(),
          post_transform="NONE", vectors_per_class=op.n_support_.tolist(), **class_attributes(op.classes_))
    g.add("Cast", [raw], probabilities, to=TensorProto.FLOAT)
    return label, probabilities


STEPS = {StandardScaler: scaler, PCA: pca, LogisticRegression: logistic, LinearSVC: linear_svc, SGDClassifier: sgd, SVC: svc}


def outputs(g, label, probabilities, classes, width, zipmap):
    """_parse.py: _apply_zipmap and operator_converters/zip_map.py: a sequence with a map a row, or the tensor as it is."""
    text = classes.dtype.kind == "U"
    kind = TensorProto.STRING if text else TensorProto.INT64
    if not zipmap:
        g.output(label, kind, [None])
        g.output(probabilities, TensorProto.FLOAT, [None, width])
        return
    if text:
        g.add("Identity", [label], "output_label")
        keys = {"classlabels_strings": classes.tolist()}
    else:
        g.add("Cast", [label], "output_label", to=kind)
        keys = {"classlabels_int64s": [int(c) for c in classes]}
    g.add("ZipMap", [probabilities], "output_probability", ML, **keys)
    g.output("output_label", kind, [None])
    value = ValueInfoProto(name="output_probability")
    a_map = value.type.sequence_type.elem_type.map_type
    a_map.key_type = kind
    a_map.value_type.tensor_type.elem_type = TensorProto.FLOAT
    a_map.value_type.tensor_type.shape.SetInParent()
    g.outputs.append(value)


def write(name, pipeline, rows, labels, held_out, zipmap=True, input_name="X"):
    pipeline.fit(rows, labels)
    g = Graph(input_name)
    value = input_name
    for _, op in pipeline.steps:
        value = STEPS[type(op)](g, op, value)
    classifier = pipeline.steps[-1][1]
    classes = classifier.classes_
    if isinstance(classifier, LinearSVC):
        zipmap, scores = False, pipeline.decision_function(held_out).reshape(len(held_out), -1)
        predicted = classes[scores.argmax(1)] if scores.shape[1] > 1 else classes[(scores[:, 0] > 0).astype(int)]
    else:
        scores = pipeline.predict_proba(held_out)
        predicted = classes[scores.argmax(1)]
    # SVC votes over pairs of classes for its label; on these rows the most probable class is the same.
    assert (predicted == pipeline.predict(held_out)).all(), name
    outputs(g, *value, classes, scores.shape[1], zipmap)
    g.save(OUT / f"{name}.onnx")
    expected = {
        "pipeline": [repr(op) for _, op in pipeline.steps], "zipmap": zipmap,
        "classes": classes.tolist(), "label": predicted.tolist(),
        "decision" if isinstance(classifier, LinearSVC) else "probabilities": np.round(scores, 7).tolist(),
    }
    (OUT / f"{name}.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rows, labels = data()
    held_out = rows[90:]
    (OUT / "rows.json").write_text(json.dumps({"rows": np.round(held_out.astype(float), 9).tolist()}) + "\n")
    rows, labels = rows[:90], labels[:90]
    two = labels < 2

    def both(name, make, **how):
        """Two classes with string labels, three with ints, and the other way round."""
        write(f"{name}-2-text", make(), rows[two], NAMES[labels[two]], held_out, **how)
        write(f"{name}-3-int", make(), rows, labels * 10 - 5, held_out, **how)

    both("logistic", lambda: make_pipeline(StandardScaler(), LogisticRegression()), input_name="float_input")
    both("logistic-plain", lambda: make_pipeline(StandardScaler(), LogisticRegression()), zipmap=False)
    write("logistic-2-int", make_pipeline(LogisticRegression(max_iter=1000)), rows[two], labels[two], held_out)
    write("logistic-3-text", make_pipeline(LogisticRegression(max_iter=1000)), rows, NAMES[labels], held_out, zipmap=False)
    both("pca-logistic", lambda: make_pipeline(StandardScaler(), PCA(5), LogisticRegression()))
    both("whitened-logistic", lambda: make_pipeline(PCA(5, whiten=True), LogisticRegression()), zipmap=False)
    both("linear-svc", lambda: make_pipeline(StandardScaler(), LinearSVC(random_state=0)))
    both("sgd", lambda: make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", alpha=0.01, random_state=0)), zipmap=False)
    write("sgd-3-text", make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", alpha=0.01, random_state=0)),
          rows, NAMES[labels], held_out)
    both("svc-rbf", lambda: make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)))
    both("svc-rbf-plain", lambda: make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)), zipmap=False)
    write("pca-svc-linear-3-text", make_pipeline(PCA(6), SVC(kernel="linear", C=0.1, probability=True, random_state=0)),
          rows, NAMES[labels], held_out, zipmap=False)


if __name__ == "__main__":
    main()
