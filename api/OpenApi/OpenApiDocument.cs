using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;

namespace Orrery.Api.OpenApi;

/// <summary>
/// The OpenAPI 3.1 document, made from the routes that are mapped and what is said of them. Routes are request delegates
/// that parse by hand, so a schema is read off each route's example instead of a CLR type.
/// </summary>
internal static class OpenApiDocument
{
    public static void Write(Utf8JsonWriter json, EndpointDataSource routes)
    {
        var paths = new JsonObject();
        foreach (var endpoint in routes.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<RouteDescription>() is not { } description)
                continue;
            var path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("**", "", StringComparison.Ordinal);
            var operations = paths[path] as JsonObject ?? [];
            paths[path] = operations;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                operations[method.ToLowerInvariant()] = Operation(endpoint, description);
        }

        new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Orrery", ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3) },
            ["paths"] = paths,
        }.WriteTo(json);
    }

    private static JsonObject Operation(RouteEndpoint endpoint, RouteDescription description)
    {
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(description.Tag),
            ["summary"] = description.Summary,
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject { ["description"] = "The answer" },
                ["4XX"] = new JsonObject { ["description"] = "The request is refused; the body says why, in the protocol's shape" },
                ["5XX"] = new JsonObject { ["description"] = "Not ready, too late, or failed; the body says which" },
            },
        };
        if (endpoint.RoutePattern.Parameters.Count > 0)
        {
            var parameters = new JsonArray();
            foreach (var parameter in endpoint.RoutePattern.Parameters)
                parameters.Add(new JsonObject { ["name"] = parameter.Name, ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } });
            operation["parameters"] = parameters;
        }

        if (description.Example is not null)
        {
            var example = JsonNode.Parse(description.Example)!;
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Schema(example), ["example"] = example } },
            };
        }

        return operation;
    }

    private static JsonObject Schema(JsonNode example)
    {
        switch (example)
        {
            case JsonObject fields:
                var properties = new JsonObject();
                foreach (var (name, value) in fields)
                    properties[name] = Schema(value!);
                return new JsonObject { ["type"] = "object", ["properties"] = properties };
            case JsonArray items:
                return new JsonObject { ["type"] = "array", ["items"] = items.Count > 0 ? Schema(items[0]!) : new JsonObject() };
            default:
                var type = example.GetValueKind() switch
                {
                    JsonValueKind.Number => "number",
                    JsonValueKind.True or JsonValueKind.False => "boolean",
                    _ => "string",
                };
                return new JsonObject { ["type"] = type };
        }
    }
}
