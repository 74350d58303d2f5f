using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Orrery.Api.Admin;

namespace Orrery.Api.OpenApi;

/// <summary>What a route asks its callers to bring.</summary>
/// <param name="Scheme">One of <see cref="OperationSecurity"/>'s.</param>
/// <param name="Required">Whether it is set, so that nobody gets in without it.</param>
internal sealed record SecurityDoc(string Scheme, bool Required);

/// <summary>Tokens and keys in the document.</summary>
internal static class OperationSecurity
{
    /// <summary><c>Admin:Token</c>.</summary>
    public const string Token = "adminToken";

    /// <summary><c>Api:PineconeKey</c>.</summary>
    public const string Key = "pineconeKey";

    /// <summary>Says what they are, and that a route which names none asks for none.</summary>
    public static void Define(OpenApiDocument document)
    {
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "Admin:Token. Where it is not set, such routes are for callers on the server's own machine." },
            [Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ChangeGuard.KeyHeader, Description = "Api:PineconeKey, where it is set." },
        };
        document.Security = [new OpenApiSecurityRequirement()];
    }

    /// <summary>Says of an operation which it asks for.</summary>
    public static void Apply(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var docs = context.Description.ActionDescriptor.EndpointMetadata.OfType<SecurityDoc>().ToArray();
        if (docs.Length == 0)
            return;
        operation.Security = [.. docs.Select(doc => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(doc.Scheme, context.Document)] = [] })];
        // An empty one says that it may be left out.
        if (docs.All(doc => !doc.Required))
            operation.Security.Insert(0, new OpenApiSecurityRequirement());
    }
}
