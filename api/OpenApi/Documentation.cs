using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Orrery.Api.Http;
using Orrery.Api.Tei;

namespace Orrery.Api.OpenApi;

/// <summary><c>/openapi/v1.json</c>, and <c>/docs</c> to try the routes in a browser. Both are made when first asked for.</summary>
internal static class Documentation
{
    private const string DocumentName = "v1";
    private const string PageRoot = "docs";

    public static void AddDocumentation(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            // The routes take no number written as a string, so the document says none.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddOpenApi(DocumentName, static options =>
        {
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Orrery",
                    Version = InfoRoute.Version,
                    License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
                    Description = "Inference over ONNX models: Text Embeddings Inference, OpenAI and Open Inference Protocol routes. Vectors kept and found again: Pinecone's."
                        + $" Inference routes take the headers {RequestHeaders.PriorityName} (interactive or bulk) and {RequestHeaders.TimeoutName} (milliseconds).",
                };
                // Paths begin with one.
                foreach (var server in document.Servers ?? [])
                    server.Url = server.Url?.TrimEnd('/');
                OperationSecurity.Define(document);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(static async (operation, context, cancellation) =>
            {
                operation.OperationId = OperationName.Of(context.Description.HttpMethod ?? "", context.Description.RelativePath ?? "");
                OperationSecurity.Apply(operation, context);
                AddParameters(operation, context.Description.RelativePath ?? "");
                foreach (var metadata in context.Description.ActionDescriptor.EndpointMetadata)
                {
                    if (metadata is RequestBodyDoc body)
                        operation.RequestBody = await BodyAsync(body.Type, context, cancellation);
                }
            });
            options.AddSchemaTransformer(static (schema, context, _) =>
            {
                Unions.Apply(schema, context.JsonTypeInfo);
                return Task.CompletedTask;
            });
        });
    }

    public static void MapDocumentation(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json");
        var page = new Lazy<RequestDelegate>(() => routes.CreateApplicationBuilder()
            .UseSwaggerUI(static ui =>
            {
                ui.RoutePrefix = PageRoot;
                ui.DocumentTitle = "Orrery";
                ui.SwaggerEndpoint($"/openapi/{DocumentName}.json", DocumentName);
            })
            .Build());
        routes.MapGet($"/{PageRoot}/{{**file}}", (RequestDelegate)(context =>
        {
            // The page's file server leaves requests alone that an endpoint has already taken.
            context.SetEndpoint(null);
            return page.Value(context);
        }));
    }

    private static void AddParameters(OpenApiOperation operation, string path)
    {
        operation.Parameters ??= [];
        for (var start = path.IndexOf('{'); start >= 0; start = path.IndexOf('{', start + 1))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = path[(start + 1)..path.IndexOf('}', start)].TrimStart('*'),
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
    }

    private static async Task<OpenApiRequestBody> BodyAsync(Type type, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        // Named once among the components, referred to from here.
        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellation);
        context.Document!.AddComponent(type.Name, schema);
        return new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchemaReference(type.Name, context.Document) },
            },
        };
    }
}
