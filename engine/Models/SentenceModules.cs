using System.Collections.Immutable;
using System.Text.Json;

namespace Orrery.Engine.Models;

/// <summary>
/// What modules.json, or a pooling file alone, says becomes of token vectors: how they are pooled, and what comes after. The weights of
/// what comes after are read when the graph is known, which may have them in it.
/// </summary>
/// <param name="Poolings">In the order in which they are concatenated; at least one.</param>
/// <param name="IncludePrompt">Whether the tokens of a prompt are pooled with the text's.</param>
/// <param name="TokenWidth">Floats of a token's vector, by the file; null when it does not say.</param>
/// <param name="After">The modules after pooling, but the last one where that only scales to unit length.</param>
/// <param name="Normalize">Whether the last module scales to unit length.</param>
/// <param name="Place">The file and key that say how to pool, for messages.</param>
internal sealed record SentenceModules(
    ImmutableArray<Pooling> Poolings, bool IncludePrompt, int? TokenWidth, ImmutableArray<ModuleEntry> After, bool Normalize, string Place)
{
    private const string Embedding = "sentence_embedding";

    // The reference's names, in the order in which its flags are concatenated.
    private static readonly (string Flag, string Name, Pooling Pooling)[] _modes =
    [
        ("pooling_mode_cls_token", "cls", Pooling.Cls),
        ("pooling_mode_max_tokens", "max", Pooling.Max),
        ("pooling_mode_mean_tokens", "mean", Pooling.Mean),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", Pooling.MeanSqrtLength),
        ("pooling_mode_weightedmean_tokens", "weightedmean", Pooling.WeightedMean),
        ("pooling_mode_lasttoken", "lasttoken", Pooling.LastToken),
    ];

    /// <summary>What the file was taken to say before all poolings were known: by four of its flags, else the mean; see <see cref="ReadingChanges"/>.</summary>
    public Pooling? FormerPooling { get; init; }

    /// <summary>The one way to pool; <see cref="Pooling.Several"/> when there are more.</summary>
    public Pooling Pooling => Poolings.Length == 1 ? Poolings[0] : Pooling.Several;

    /// <summary>Whether a pooled vector is all there is to it.</summary>
    public bool IsPlain => Poolings.Length == 1 && IncludePrompt && After.IsEmpty;

    /// <summary>Reads what a directory says.</summary>
    /// <returns>Null where no file says how to pool.</returns>
    /// <exception cref="ModelFormatException">Something in it is not known, or contradicts itself; the message names file and key.</exception>
    public static SentenceModules? Read(ModelFiles files)
    {
        if (files.Modules is { } modules)
            return Read(files, modules);
        foreach (var name in (string[])["1_Pooling/config.json", "pooling_config.json"])
        {
            if (files.Paths.ReadJson(name) is { } json)
                return ReadPooling(json) with { Normalize = true };
        }

        return null;
    }

    private static SentenceModules? Read(ModelFiles files, ImmutableArray<ModuleEntry> modules)
    {
        // What is sparse is not pooled into a vector.
        if (modules.Any(module => module.Kind == "SpladePooling"))
            return null;
        var known = modules[0].Kind switch
        {
            "Transformer" => null,
            "StaticEmbedding" => new SentenceModules([Pooling.Mean], true, null, [], false, ModuleList.FileName),
            _ => throw Unknown(modules[0], "is not a module that reads texts"),
        };
        var after = ImmutableArray.CreateBuilder<ModuleEntry>();
        foreach (var module in modules.Skip(1))
        {
            if (module.Kind == "Pooling" && known is null)
                known = ReadPooling(files.Paths.ReadJson(module.File("config.json")) ?? throw new ModelFormatException($"{module.File("config.json")} is not there, which {module.Place} names"));
            else if (module.Kind is "Dense" or "LayerNorm" or "Normalize" && known is not null)
                after.Add(module);
            else if (module.Kind != "Dropout")
                throw Unknown(module, module.Kind is "Dense" or "LayerNorm" or "Normalize" ? "stands before a pooling" : "is not understood here");
        }

        if (known is null)
            return modules.Length == 1 ? null : throw new ModelFormatException($"{ModuleList.FileName}: no module pools the tokens' vectors");
        foreach (var module in after.Where(module => module is { Kind: "Normalize", Folder.Length: > 0 }))
            CheckPlace(files.Paths.ReadJson(module.File("config.json")));
        var normalize = after is [.., { Kind: "Normalize" }];
        if (normalize)
            after.RemoveAt(after.Count - 1);
        return known with { After = after.ToImmutable(), Normalize = normalize };
    }

    /// <summary>What comes after a pooling works on the vector that the pooling made, and leaves its own there.</summary>
    /// <exception cref="ModelFormatException">A module's file says otherwise.</exception>
    public static void CheckPlace(ConfigJson? config)
    {
        if (config is not { } json)
            return;
        foreach (var key in (string[])["module_input_name", "module_output_name"])
        {
            if (json.String(key) is { } name and not Embedding)
                throw new ModelFormatException($"{json.File}: {key}: '{name}' is not understood: after a pooling it is {Embedding}");
        }
    }

    private static SentenceModules ReadPooling(ConfigJson json)
    {
        var written = json.Any("pooling_mode");
        foreach (var property in json.Root.EnumerateObject())
        {
            if (property.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && json.Bool(property.Name) == true && !Array.Exists(_modes, mode => mode.Flag == property.Name))
                throw new ModelFormatException($"{json.File}: {property.Name}: this pooling is not known");
        }

        Pooling[] poolings = written switch
        {
            null => [.. from mode in _modes where json.Bool(mode.Flag) == true select mode.Pooling],
            { ValueKind: JsonValueKind.Array } => [.. json.Strings("pooling_mode").Select(name => Named(json, name))],
            _ => [Named(json, json.String("pooling_mode")!)],
        };
        // The reference takes the mean where no flag is set.
        if (poolings.Length == 0)
            poolings = written is null ? [Pooling.Mean] : throw json.Wrong("pooling_mode", "at least one mode");
        var width = json.Int("embedding_dimension") ?? json.Int("word_embedding_dimension");
        Pooling[] flags = [.. from mode in _modes where mode.Pooling is Pooling.Cls or Pooling.Mean or Pooling.Max or Pooling.LastToken && json.Bool(mode.Flag) == true select mode.Pooling];
        return new SentenceModules([.. poolings], json.Bool("include_prompt") ?? true, width > 0 ? width : null, [], false, $"{json.File}: pooling_mode")
        {
            FormerPooling = flags switch { [] => Pooling.Mean, [var one] => one, _ => null },
        };
    }

    private static Pooling Named(ConfigJson json, string name) => Array.Find(_modes, mode => mode.Name == name) is { Name: not null } mode
        ? mode.Pooling
        : throw new ModelFormatException($"{json.File}: pooling_mode: '{name}' is not one of {string.Join(", ", _modes.Select(known => known.Name))}");

    private static ModelFormatException Unknown(ModuleEntry module, string why) => new($"{module.Place}: type: {module.Kind} {why}");
}
