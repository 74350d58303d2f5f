using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orrery.Api.Admin;
using Orrery.Api.Health;
using Orrery.Api.Http;
using Orrery.Api.Hub;
using Orrery.Api.Metrics;
using Orrery.Api.OpenAi;
using Orrery.Api.OpenApi;
using Orrery.Api.OpenInference;
using Orrery.Api.Pinecone;
using Orrery.Api.Pinecone.Inference;
using Orrery.Api.Scoring;
using Orrery.Api.Tei;
using Orrery.Api.Vectors;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api;

/// <summary>The HTTP API over <see cref="IInferenceBackend"/>, which the host registers.</summary>
public static class OrreryApi
{
    /// <summary>Registers what the routes need.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">The limits.</param>
    /// <param name="admin">Who may change things; null for callers on this machine.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names it.</exception>
    public static IServiceCollection AddOrreryApi(this IServiceCollection services, ApiOptions options, AdminOptions? admin = null)
    {
        admin ??= new AdminOptions();
        if ((options.Validate() ?? admin.Validate()) is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        services.AddRouting();
        services.AddSingleton(options);
        services.AddSingleton(admin);
        services.AddSingleton(provider => new BodyRoom(options.Within(MemoryBudget.Of(0)).MaxBytesInFlight, provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.AddSingleton<ProtocolPrefixes>();
        services.AddSingleton<ApiMetrics>();
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<IStartupFilter, RequestObserver>();
        services.AddDocumentation();
        return services;
    }

    /// <summary>Maps every route: inference protocols, health, metrics, documentation.</summary>
    /// <exception cref="InvalidOperationException"><see cref="AddOrreryApi"/> was not called, or no backend is registered.</exception>
    public static void MapOrreryApi(this IEndpointRouteBuilder routes)
    {
        var backend = routes.ServiceProvider.GetRequiredService<IInferenceBackend>();
        var options = routes.ServiceProvider.GetRequiredService<ApiOptions>();
        // None where nothing is kept.
        var vectors = routes.ServiceProvider.GetService<IVectorStore>();
        // Made now, it counts from the first request on.
        var collector = routes.ServiceProvider.GetRequiredService<MetricsCollector>();
        var prefixes = routes.ServiceProvider.GetRequiredService<ProtocolPrefixes>();
        var admin = routes.ServiceProvider.GetRequiredService<AdminOptions>();
        var guard = new ChangeGuard(admin, options.PineconeKey);

        routes.MapTei(backend, options, prefixes, new SharedPaths(backend, options, guard).At);
        routes.MapOpenAi(backend, options, guard, prefixes);
        routes.MapOpenInference(backend, options, admin, prefixes);
        routes.MapScoring(backend, options, guard, prefixes);
        routes.MapPinecone(vectors, backend, options, guard, prefixes);
        routes.MapPost("/v1/search", JsonExchange.Handle(ProblemProtocol.Instance, options, new SearchRoute(backend, vectors).RunAsync))
            .Describe(ProblemProtocol.Instance, "The records nearest to a text or a vector", typeof(SearchBody), typeof(SearchAnswer), null, 400, 404, 409, 413, 415, 429, 500, 503, 504);
        var health = new HealthRoutes(backend);
        routes.MapHub(backend, options, health, prefixes);
        MapOperations(routes, health, new MetricsRoute(collector));
        routes.MapDocumentation();
    }

    /// <summary>Registers what <see cref="MapOrreryOperations"/> needs, for a process that answers no inference over HTTP.</summary>
    public static IServiceCollection AddOrreryOperations(this IServiceCollection services) => services.AddSingleton<MetricsCollector>();

    /// <summary>Maps health and metrics.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="ready">Whether the process does its work.</param>
    public static void MapOrreryOperations(this IEndpointRouteBuilder routes, Func<bool> ready)
    {
        // Made now, it counts from the first measurement on.
        var collector = routes.ServiceProvider.GetRequiredService<MetricsCollector>();
        routes.MapGet("/health/live", HealthRoutes.LiveAsync);
        routes.MapGet("/health/ready", context => HealthRoutes.ReadyAsync(context, ready()));
        routes.MapGet("/metrics", new MetricsRoute(collector).RunAsync);
    }

    private static void MapOperations(IEndpointRouteBuilder routes, HealthRoutes health, MetricsRoute metrics)
    {
        var problem = ProblemProtocol.Instance;
        routes.MapGet("/health", health.HealthAsync).Describe(problem, "Whether requests can be answered: empty, or 503", null, null, null, 503);
        routes.MapGet("/health/live", HealthRoutes.LiveAsync).Describe(problem, "Whether the process answers", null, null, null);
        routes.MapGet("/health/ready", health.ReadyAsync).Describe(problem, "Whether requests can be answered, with each model's and detector's state", null, null, null, 503);
        routes.MapGet("/metrics", metrics.RunAsync).Describe(problem, "Prometheus text", null, null, null);
    }
}
