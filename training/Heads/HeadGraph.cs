using Orrery.Training.Features;
using Orrery.Training.Solvers;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Training.Heads;

/// <summary>
/// A head as a graph: features, then scores, then probabilities, then the label. What calibration adds is folded into
/// weights and intercepts, so that the graph is the same for calibrated and for plain scores:
/// <code>
/// embedding - [Sub center] - [Mul scale | MatMul projection] - [kernel] - MatMul weights - Add intercepts
///   softmax over classes:      Softmax
///   one sigmoid, two classes:  Sigmoid of (-z, z)
///   a sigmoid a class:         Softmax(-Softplus(-z)), which is sigmoid(z) / sum of sigmoids, and never 0 / 0
/// label = labels[ArgMax(probabilities)]
/// </code>
/// </summary>
internal sealed class HeadGraph
{
    private const string Embedding = "embedding";
    private const string Probabilities = "probabilities";
    private const string Label = "label";

    private readonly OnnxGraph _graph = new();
    private readonly FittedHead _head;
    private readonly IReadOnlyList<string> _labels;

    private HeadGraph(FittedHead head, IReadOnlyList<string> labels) => (_head, _labels) = (head, labels);

    /// <summary>Builds the graph of a head.</summary>
    internal static HeadGraph Build(FittedHead head, IReadOnlyList<string> labels)
    {
        var result = new HeadGraph(head, labels);
        result._graph.Input(Embedding, ElementType.Float, head.Dimensions);
        result.Probability(result.Scores(result.Kernel(result.Features())));
        result.Winner();
        result._graph.Output(Label, ElementType.String, null);
        result._graph.Output(Probabilities, ElementType.Float, head.Classes);
        return result;
    }

    /// <summary>Writes the model.</summary>
    internal void WriteTo(Stream stream)
    {
        string version = typeof(HeadGraph).Assembly.GetName().Version!.ToString(3);
        _graph.WriteTo(stream, "Orrery", version, [("orrery.head", _head.Kind.ToString())]);
    }

    private string Features()
    {
        var map = _head.Features;
        string value = Embedding;
        if (map.Center is not null)
            value = _graph.Node("Sub", "centered", [value, _graph.Constant("center", map.Center, map.Center.Length)]);
        if (map.Scale is not null)
            value = _graph.Node("Mul", "scaled", [value, _graph.Constant("scale", map.Scale, map.Scale.Length)]);
        if (map.Projection is not null)
            value = _graph.Node("MatMul", "projected", [value, _graph.Constant("projection", map.Projection)]);
        return value;
    }

    // exp(-gamma (|x|² - 2 x s + |s|²)) with every support vector; Relu takes off what rounding leaves below 0.
    private string Kernel(string value)
    {
        if (_head.Solution.Support is not { } support)
            return value;
        var doubled = support.Transpose();
        foreach (ref float number in doubled.Values)
            number *= -2;
        float[] norms = KernelRows.Norms(support, support.Rows);
        string products = _graph.Node("MatMul", "products", [value, _graph.Constant("support", doubled)]);
        string partial = _graph.Node("Add", "partial", [products, _graph.Constant("support_norms", norms, norms.Length)]);
        string distance = _graph.Node("Add", "distance", [partial, _graph.Reduce("ReduceSumSquare", "norms", value)]);
        string positive = _graph.Node("Relu", "distance_positive", [distance]);
        string exponent = _graph.Node("Mul", "exponent", [positive, _graph.Constant("minus_gamma", [-(float)_head.Solution.Gamma])]);
        return _graph.Node("Exp", "kernel", [exponent]);
    }

    // Scores z, or -z where each class has a sigmoid.
    private string Scores(string value)
    {
        var solution = _head.Solution;
        if (solution.Calibration is not { } sigmoids)
            return Linear(value, solution.Weights, solution.Intercepts);
        var weights = new Matrix(solution.Weights.Rows, _head.Classes);
        float[] intercepts = new float[_head.Classes];
        for (int c = 0; c < _head.Classes; c++)
        {
            // P = 1 / (1 + exp(A f + B)): two classes share one sigmoid, the first by its complement.
            int column = sigmoids.Length == 1 ? 0 : c;
            double sign = sigmoids.Length == 1 && c == 1 ? -1 : 1, a = sign * sigmoids[column].A;
            for (int row = 0; row < weights.Rows; row++)
                weights.Row(row)[c] = (float)(a * solution.Weights.Row(row)[column]);
            intercepts[c] = (float)(a * solution.Intercepts[column] + sign * sigmoids[column].B);
        }
        return Linear(value, weights, intercepts);
    }

    private string Linear(string value, Matrix weights, float[] intercepts)
    {
        string product = _graph.Node("MatMul", "product", [value, _graph.Constant("weights", weights)]);
        return _graph.Node("Add", "scores", [product, _graph.Constant("intercepts", intercepts, intercepts.Length)]);
    }

    private void Probability(string scores)
    {
        if (_head.Solution.Calibration is { Length: 1 })
        {
            _graph.Node("Sigmoid", Probabilities, [scores]);
            return;
        }
        if (_head.Solution.Calibration is not null)
            scores = _graph.Node("Neg", "log_sigmoids", [_graph.Node("Softplus", "softplus", [scores])]);
        _graph.Node("Softmax", Probabilities, [scores], ("axis", 1));
    }

    private void Winner()
    {
        string winner = _graph.Node("ArgMax", "winner", [Probabilities], ("axis", 1), ("keepdims", 0));
        _graph.Node("Gather", Label, [_graph.Constant("labels", _labels), winner], ("axis", 0));
    }
}
