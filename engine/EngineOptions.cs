using Orrery.Engine.Models;

namespace Orrery.Engine;

/// <summary>A model or detector whose name and place are known.</summary>
/// <param name="Name">The name requests use.</param>
/// <param name="Directory">Where it lies.</param>
public sealed record NamedDirectory(string Name, string Directory);

/// <summary>Everything that can be set of one machine's inference. Validated once, at start.</summary>
public sealed record EngineOptions
{
    /// <summary>Directories that are models, or whose subdirectories (up to three deep: owner/name/version) are.</summary>
    public IReadOnlyList<string> ModelDirectories { get; init; } = [];

    /// <summary>Those of <see cref="ModelDirectories"/> whose models go before others as defaults, the first before the second; full paths.</summary>
    public IReadOnlyList<string> PreferredDirectories { get; init; } = [];

    /// <summary>Directories that links in the folders of models and detectors may lead into, beside those in which these are found.</summary>
    public IReadOnlyList<string> LinkRoots { get; init; } = [];

    /// <summary>Whether what ships with the program is served beside the rest. Who makes the lists of directories sees to it.</summary>
    public bool Samples { get; init; } = true;

    /// <summary>Models by name, beside those that are found.</summary>
    public IReadOnlyList<NamedDirectory> Models { get; init; } = [];

    /// <summary>Detectors by name, beside those that are found.</summary>
    public IReadOnlyList<NamedDirectory> Detectors { get; init; } = [];

    /// <summary>The model that answers requests without a model's name, where it does what they ask; null for the preferred one that does, else the first by name.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>Directories that are detectors, or whose subdirectories are.</summary>
    public IReadOnlyList<string> DetectorDirectories { get; init; } = [];

    /// <summary>The detectors that answer requests which name none; empty for every ready one that judges single texts.</summary>
    public IReadOnlyList<string> DefaultDetectors { get; init; } = [];

    /// <summary>Execution providers in order of preference; the first that works runs: cuda, tensorrt, webgpu, openvino, coreml, dml, cpu.</summary>
    public IReadOnlyList<string> Devices { get; init; } = ["cpu"];

    /// <summary>Concurrent runs a model; 0 chooses by measuring at load.</summary>
    public int Sessions { get; init; }

    /// <summary>Threads within one run; 0 chooses by measuring at load.</summary>
    public int ThreadsPerSession { get; init; }

    /// <summary>Padded tokens of one batch; 0 chooses by measuring at load.</summary>
    public int MaxBatchTokens { get; init; }

    /// <summary>Items of one batch.</summary>
    public int MaxBatchItems { get; init; } = 256;

    /// <summary>Largest share of padding in a batch, 0 to 1.</summary>
    public double MaxPadding { get; init; } = 0.04;

    /// <summary>Tokens that may wait in one model's queue.</summary>
    public int MaxQueueTokens { get; init; } = 1 << 20;

    /// <summary>Estimated wait above which a request is refused at once.</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>While both wait, one batch in so many belongs to bulk requests; at least 2.</summary>
    public int BulkEvery { get; init; } = 8;

    /// <summary>The deadline of requests that bring none.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that the process may take; 0 for what the container or the machine has. See <see cref="MemoryBudget"/>.</summary>
    public long MemoryLimit { get; init; }

    /// <summary>Where optimized graphs and measured plans are kept between starts; null keeps none.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>A model's <see cref="ModelInfo.Preference"/>, by where it lies.</summary>
    /// <param name="directory">Its full path.</param>
    public int PreferenceOf(string directory)
    {
        for (var i = 0; i < PreferredDirectories.Count; i++)
        {
            if (directory == PreferredDirectories[i] || directory.StartsWith(PreferredDirectories[i].TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                return PreferredDirectories.Count - i;
        }

        return 0;
    }

    /// <summary>All directories that links in the folders of models and detectors may lead into.</summary>
    public IEnumerable<string> Roots =>
        [.. LinkRoots, .. ModelDirectories, .. DetectorDirectories, .. Models.Select(model => model.Directory), .. Detectors.Select(detector => detector.Directory)];

    /// <summary>The same for one model alone: nothing else is found, and links may lead where they could.</summary>
    /// <param name="model">The model.</param>
    /// <param name="detectors">Those over it.</param>
    public EngineOptions Only(NamedDirectory model, IReadOnlyList<NamedDirectory> detectors) => this with
    {
        LinkRoots = [.. Roots],
        ModelDirectories = [],
        DetectorDirectories = [],
        Models = [model],
        Detectors = detectors,
        DefaultModel = model.Name,
        DefaultDetectors = [],
    };

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (Sessions is < 0 or > 256)
            return $"{nameof(Sessions)} must be 0 to 256, not {Sessions}";
        if (ThreadsPerSession is < 0 or > 256)
            return $"{nameof(ThreadsPerSession)} must be 0 to 256, not {ThreadsPerSession}";
        if (MaxBatchTokens is < 0 or > 1 << 24)
            return $"{nameof(MaxBatchTokens)} must be 0 to {1 << 24}, not {MaxBatchTokens}";
        if (MaxBatchItems is < 1 or > 65536)
            return $"{nameof(MaxBatchItems)} must be 1 to 65536, not {MaxBatchItems}";
        if (MaxPadding is not (>= 0 and <= 1))
            return $"{nameof(MaxPadding)} must be 0 to 1, not {MaxPadding}";
        if (MaxQueueTokens < 1)
            return $"{nameof(MaxQueueTokens)} must be at least 1, not {MaxQueueTokens}";
        if (MaxQueueDelay <= TimeSpan.Zero)
            return $"{nameof(MaxQueueDelay)} must be positive, not {MaxQueueDelay}";
        if (BulkEvery < 2)
            return $"{nameof(BulkEvery)} must be at least 2, not {BulkEvery}";
        if (RequestTimeout <= TimeSpan.Zero)
            return $"{nameof(RequestTimeout)} must be positive, not {RequestTimeout}";
        if (MemoryLimit is < 0 or > 0 and < MemoryBudget.Smallest)
            return $"{nameof(MemoryLimit)} must be 0, or at least {MemoryBudget.Smallest} bytes, not {MemoryLimit}";
        if (Devices.Count == 0)
            return $"{nameof(Devices)} must name at least one execution provider";
        return ProviderNames.Validate(Devices);
    }
}
