namespace Orrery.Engine.Execution;

/// <summary>
/// Refuses runs of raw tensors that are far beyond any that a graph has done, before memory is asked for them. Of a run its tensors' bytes and
/// sizes are kept; another one is taken to need more by the square of what each of its sizes is larger, as attention does. What that
/// reckons too low for, the arena's limit stops.
/// </summary>
/// <param name="limit">Bytes that the process may take.</param>
internal sealed class RunEstimate(long limit)
{
    // A graph may grow by less than a square: only what would not fit by far is refused unseen.
    private const double FarBeyond = 16;

    // A run of one token tells nothing of how a graph grows: what it took is mostly what any run takes.
    private const double Telling = 32;

    private readonly Lock _gate = new();
    private Dictionary<string, long[]>? _sizes;
    private long _bytes;

    /// <summary>Looks at a run that is asked for.</summary>
    /// <returns>Null; or why it is not tried.</returns>
    public InferenceError? Check(TensorRequest request)
    {
        lock (_gate)
        {
            if (_sizes is null)
                return null;
            foreach (var input in request.Inputs)
            {
                var needed = _bytes * Growth(_sizes.GetValueOrDefault(input.Name), input.Shape);
                if (needed > limit * FarBeyond)
                {
                    return new InferenceError(
                        InferenceErrorKind.TooLarge,
                        $"input '{input.Name}' of shape [{string.Join(", ", input.Shape)}] is far beyond what the graph has run so far ([{string.Join(", ", _sizes[input.Name])}]): "
                        + $"it may take {needed:e1} bytes, and the server has {limit} (Engine:MemoryLimit); try smaller ones first", "inputs");
                }
            }
        }

        return null;
    }

    /// <summary>A run has been done.</summary>
    public void Ran(TensorRequest request, TensorOutput output)
    {
        var bytes = request.Inputs.Sum(tensor => (long)tensor.Data.Length) + output.Outputs.Sum(tensor => (long)tensor.Data.Length);
        lock (_gate)
        {
            _sizes ??= new Dictionary<string, long[]>(StringComparer.Ordinal);
            _bytes = Math.Max(_bytes, bytes);
            foreach (var input in request.Inputs)
            {
                if (!_sizes.TryGetValue(input.Name, out var largest))
                    _sizes[input.Name] = largest = [.. input.Shape];
                for (var i = 0; i < Math.Min(largest.Length, input.Shape.Length); i++)
                    largest[i] = Math.Max(largest[i], input.Shape[i]);
            }
        }
    }

    private static double Growth(long[]? seen, long[] shape)
    {
        var growth = 1.0;
        for (var i = 0; seen is not null && i < Math.Min(seen.Length, shape.Length); i++)
            growth *= Math.Pow(Math.Max(1, shape[i] / Math.Max(Telling, seen[i])), 2);
        return growth;
    }
}
