using System.Text.Json;

namespace Orrery.Api.OpenInference;

/// <summary>What a request to load or unload a model may say: <c>{"parameters":{…}}</c>. Models come from the server's own folders, as their files say.</summary>
internal static class LoadParameters
{
    /// <summary>Looks through a body.</summary>
    /// <param name="body">All of it; may be empty.</param>
    /// <param name="load">Whether to load.</param>
    /// <returns>What cannot be done; null when nothing is asked that cannot.</returns>
    public static string? Check(ReadOnlyMemory<byte> body, bool load)
    {
        if (body.IsEmpty)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return "the body must be a JSON object";
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("parameters"u8))
                    return $"the body has '{field.Name}': only 'parameters' is known";
                if (field.Value.ValueKind == JsonValueKind.Null)
                    continue;
                if (field.Value.ValueKind != JsonValueKind.Object)
                    return "'parameters' must be an object";
                foreach (var parameter in field.Value.EnumerateObject())
                {
                    if (Wrong(parameter, load) is { } wrong)
                        return wrong;
                }
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return $"the body is not valid JSON: {e.Message}";
        }
    }

    private static string? Wrong(JsonProperty parameter, bool load)
    {
        if (!load && parameter.NameEquals("unload_dependents"u8))
            return parameter.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "parameter 'unload_dependents' must be true or false";
        if (load && parameter.NameEquals("config"u8))
            return "parameter 'config': a model is loaded as its own files say; put an orrery.json beside them to say more";
        return load && parameter.Name.StartsWith("file:", StringComparison.Ordinal)
            ? $"parameter '{Name(parameter)}': models are loaded from the server's folders, not from files in a request; put them under models/, or pull them: orrery models pull"
            : $"parameter '{Name(parameter)}' is not known";
    }

    private static string Name(JsonProperty parameter) => parameter.Name.Length <= 100 ? parameter.Name : parameter.Name[..100] + "…";
}
