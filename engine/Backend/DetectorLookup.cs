namespace Orrery.Engine;

/// <summary>Which detectors a request means: the same rules wherever detectors are.</summary>
public static class DetectorLookup
{
    /// <summary>
    /// The detectors of a request: those it names, else the default ones that are not refused, else all that are ready and judge single texts. One that is asked
    /// for by name and cannot answer refuses the request; a default one that is refused, or whose model was unloaded, leaves it to the others.
    /// </summary>
    /// <param name="all">All there are, by name, as they stand.</param>
    /// <param name="names">Those asked for.</param>
    /// <param name="defaults">Those that answer where none is.</param>
    public static Outcome<IReadOnlyList<DetectorInfo>> ForTexts(IReadOnlyList<DetectorInfo> all, IReadOnlyList<string> names, IReadOnlyList<string> defaults)
    {
        var found = new List<DetectorInfo>();
        InferenceError? refused = null;
        foreach (var name in names.Count > 0 ? names : defaults)
        {
            if (!Find(all, name).TryGet(out var ready, out var error))
            {
                if (names.Count > 0 || !IsRefused(all, name))
                    return error;
                refused ??= error;
                continue;
            }

            if (ready.Kind == DetectorKind.Pair)
                return new InferenceError(InferenceErrorKind.WrongTask, $"detector '{name}' judges pairs of texts: compare them", "detectors");
            found.Add(ready);
        }

        if (found.Count > 0)
            return found;
        if (refused is not null)
            return refused;
        var loading = false;
        foreach (var detector in all)
        {
            if (detector is { Kind: not DetectorKind.Pair, State: ModelState.Ready })
                found.Add(detector);
            loading |= detector.State == ModelState.Loading;
        }

        if (found.Count > 0)
            return found;
        return all.Count == 0
            ? new InferenceError(InferenceErrorKind.ModelNotFound, "there are no detectors here: train one, or put one under detectors/", "detectors")
            : new InferenceError(InferenceErrorKind.ModelNotReady, "no detector that judges single texts is ready", "detectors", loading ? TimeSpan.FromSeconds(1) : null);
    }

    /// <summary>One detector that is ready.</summary>
    public static Outcome<DetectorInfo> Find(IReadOnlyList<DetectorInfo> all, string name)
    {
        foreach (var detector in all)
        {
            if (detector.Name != name)
                continue;
            return detector.State == ModelState.Ready ? detector : new InferenceError(
                InferenceErrorKind.ModelNotReady, $"detector '{name}' is not ready: {detector.Reason}", "detectors",
                detector.State == ModelState.Loading ? TimeSpan.FromSeconds(1) : null);
        }

        var existing = all.Count == 0 ? ": there are none here" : $"; there are {string.Join(", ", all.Select(detector => detector.Name))}";
        return new InferenceError(InferenceErrorKind.ModelNotFound, $"detector '{name}' does not exist{existing}", "detectors");
    }

    private static bool IsRefused(IReadOnlyList<DetectorInfo> all, string name)
    {
        foreach (var detector in all)
        {
            if (detector.Name == name)
                return detector.State is ModelState.Failed or ModelState.Unloaded;
        }

        return false;
    }
}
