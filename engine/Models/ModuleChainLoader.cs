using System.Collections.Immutable;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Models;

/// <summary>Reads the weights of the modules after pooling, and fits them to each other and to the graph.</summary>
internal static class ModuleChainLoader
{
    private const string WeightsFile = "model.safetensors";

    /// <summary>Makes the chain.</summary>
    /// <param name="paths">The model's.</param>
    /// <param name="said">What its files say.</param>
    /// <param name="tokenWidth">Floats of a token's vector, by the graph.</param>
    /// <exception cref="ModelFormatException">A module's weights are not there, in a form that is not read, or of another width; the message names the file.</exception>
    public static ModuleChain Load(ModelPaths paths, SentenceModules said, int tokenWidth)
    {
        if (said.TokenWidth is { } width && width != tokenWidth)
            throw new ModelFormatException($"{said.Place}: the vectors that are pooled have {width} numbers by this file, but the graph's have {tokenWidth}");
        var modules = ImmutableArray.CreateBuilder<VectorModule>();
        var at = tokenWidth * said.Poolings.Length;
        foreach (var entry in said.After)
        {
            VectorModule module = entry.Kind switch
            {
                "Dense" => Dense(paths, entry, at),
                "LayerNorm" => LayerNorm(paths, entry, at),
                _ => new UnitLengthModule(),
            };
            modules.Add(module);
            at = module.WidthOf(at);
        }

        return new ModuleChain(tokenWidth, said.Poolings, modules.ToImmutable());
    }

    /// <summary>The width that the modules' files promise at the end; null where one does not say.</summary>
    public static int? WidthOf(ModelPaths paths, SentenceModules said)
    {
        var width = said.TokenWidth * said.Poolings.Length;
        foreach (var entry in said.After)
        {
            if (entry.Kind == "Dense")
                width = paths.ReadJson(entry.File("config.json"))?.Int("out_features");
        }

        return width;
    }

    private static DenseModule Dense(ModelPaths paths, ModuleEntry entry, int input)
    {
        var json = ConfigOf(paths, entry);
        int takes = Positive(json, "in_features"), gives = Positive(json, "out_features");
        if (takes != input)
            throw new ModelFormatException($"{json.File}: in_features: {takes}, but the vector that comes there has {input} numbers");
        SentenceModules.CheckPlace(json);
        if (json.Bool("use_residual") == true)
            throw new ModelFormatException($"{json.File}: use_residual: this is not understood here");
        // The reference's default.
        var written = json.String("activation_function") ?? "torch.nn.modules.activation.Tanh";
        var activation = Activations.Find(written) ?? throw new ModelFormatException($"{json.File}: activation_function: '{written}' is not one of {Activations.Known} of torch.nn");
        var weights = Weights(paths, entry);
        var bias = json.Bool("bias") ?? true;
        if (!bias && weights.Find("linear.bias") is not null)
            throw new ModelFormatException($"{json.File}: bias: is false, but {entry.File(WeightsFile)} has one");
        return new DenseModule(weights.Read("linear.weight", gives, takes), bias ? weights.Read("linear.bias", gives) : [], gives, activation);
    }

    private static LayerNormModule LayerNorm(ModelPaths paths, ModuleEntry entry, int input)
    {
        var json = ConfigOf(paths, entry);
        if (Positive(json, "dimension") is var dimension && dimension != input)
            throw new ModelFormatException($"{json.File}: dimension: {dimension}, but the vector that comes there has {input} numbers");
        var weights = Weights(paths, entry);
        return new LayerNormModule(weights.Read("norm.weight", input), weights.Read("norm.bias", input));
    }

    private static int Positive(ConfigJson json, string key) => json.Int(key) is { } number and > 0 ? number : throw json.Wrong(key, "how many numbers a vector has there");

    private static ConfigJson ConfigOf(ModelPaths paths, ModuleEntry entry) =>
        paths.ReadJson(entry.File("config.json")) ?? throw new ModelFormatException($"{entry.File("config.json")} is not there, which {entry.Place} names");

    private static SafeTensors Weights(ModelPaths paths, ModuleEntry entry)
    {
        var name = entry.File(WeightsFile);
        if (paths.Has(name))
        {
            paths.Check(paths.PathOf(name));
            return SafeTensors.Open(paths.PathOf(name), name);
        }

        var pickled = entry.File("pytorch_model.bin");
        throw new ModelFormatException(paths.Has(pickled)
            ? $"{pickled}: weights in Python's pickle format are not read, as reading it runs code: save {name} instead"
            : $"{name} is not there: the weights of the module that {entry.Place} names");
    }
}
