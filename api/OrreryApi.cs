using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orrery.Api.Health;
using Orrery.Api.Http;
using Orrery.Api.Metrics;
using Orrery.Api.OpenAi;
using Orrery.Api.OpenApi;
using Orrery.Api.OpenInference;
using Orrery.Api.Tei;
using Orrery.Engine;

namespace Orrery.Api;

/// <summary>Puts the protocols over an <see cref="IInferenceBackend"/> that the host registers.</summary>
public static class OrreryApi
{
    /// <summary>Registers what the routes need.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the property.</exception>
    public static IServiceCollection AddOrreryApi(this IServiceCollection services, ApiOptions options)
    {
        if (options.Validate() is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        services.AddRoutingCore();
        services.TryAddSingleton(options);
        services.TryAddSingleton<RequestMetrics>();
        services.TryAddSingleton<PrometheusExporter>();
        return services;
    }

    /// <summary>Maps every route.</summary>
    public static WebApplication MapOrreryApi(this WebApplication app)
    {
        var backend = app.Services.GetRequiredService<IInferenceBackend>();
        var options = app.Services.GetRequiredService<ApiOptions>();
        // The exporter must listen before the first measurement.
        var exporter = app.Services.GetRequiredService<PrometheusExporter>();
        app.UseMiddleware<RequestMiddleware>();
        app.UseRouting();
        app.MapHealth(backend, options);
        app.MapTei(backend, options);
        app.MapOpenAi(backend, options);
        app.MapOpenInference(backend, options);
        app.MapGet("/metrics", context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(exporter.Render(), Encoding.UTF8, context.RequestAborted);
        }).Describe("Operations", "Metrics in Prometheus' text format");
        app.MapGet("/openapi/v1.json", context =>
            JsonResponse.WriteAsync(context, context.RequestServices.GetRequiredService<EndpointDataSource>(), OpenApiDocument.Write))
            .Describe("Operations", "This document");
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = "docs";
            page.DocumentTitle = "Orrery";
            page.SwaggerEndpoint("../openapi/v1.json", "Orrery");
        });
        return app;
    }
}
