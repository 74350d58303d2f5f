using Orrery.Engine.Execution;
using Orrery.Engine.Models;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Entities;

/// <summary>What a token classifier's logits say of one request's texts.</summary>
internal sealed class EntityFinding(LoadedModel model, EntityRequest request)
{
    private readonly TokenPlaces[] _places = new TokenPlaces[request.Inputs.Count];

    /// <summary>Every token's logits are wanted.</summary>
    public static Postprocessing Postprocessing => new(Pooling.None, Normalize: false, PerToken: true);

    /// <summary>Why the request cannot be answered; null when it can.</summary>
    public InferenceError? Check()
    {
        // Places are counted from the text's beginning.
        if (TextEncoder.EndToCut(model, request.Truncation) == Truncation.Left)
            return new InferenceError(InferenceErrorKind.Invalid, "texts are not cut at their beginning where entities are found in them", "truncation_direction");
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            if (request.Inputs[i] is not { Text: not null, Pair: null })
                return new InferenceError(InferenceErrorKind.Invalid, $"inputs[{i}] must be one text: entities are places in it", "inputs");
        }

        return null;
    }

    /// <summary>Keeps where a text's tokens lie.</summary>
    public void Encoded(int input, Encoding encoding) => _places[input] = new TokenPlaces(encoding);

    /// <summary>Puts the answer together.</summary>
    /// <param name="output">The logits; used, not owned.</param>
    public EntityOutput Answer(TextOutput output)
    {
        var groups = new EntityGroups(model.Info.Labels, model.Tokenizer!);
        var found = new Entity[output.Count][];
        for (var i = 0; i < found.Length; i++)
        {
            var text = request.Inputs[i].Text!;
            var places = new CodePointPlaces(text);
            var kept = new List<Entity>();
            foreach (var entity in groups.Of(_places[i].Label(text, model.Tokenizer!, output[i], output.Dimensions), request.Aggregation))
            {
                if (!request.IgnoreLabels.Contains(entity.Label))
                    kept.Add(entity with { Start = places.At(entity.Start), End = places.At(entity.End) });
            }

            found[i] = [.. kept];
        }

        return new EntityOutput(output.Version, found, output.TotalTokens);
    }
}
