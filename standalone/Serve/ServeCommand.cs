using System.CommandLine;
using Orrery.Api;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Vectors;
using Orrery.Hosting.Startup;
using Orrery.Hosting.Telemetry;
using Orrery.Hosting.Vectors;
using Orrery.Standalone.Configuration;

namespace Orrery.Standalone.Serve;

/// <summary>orrery serve: the API and the engine in this process.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var models = new Option<string[]>("--models") { Description = "A model's directory, or one that holds models; may be given several times." };
        var detectors = new Option<string[]>("--detectors") { Description = "A detector's directory, or one that holds detectors; may be given several times." };
        var port = new Option<string?>("--port") { Description = "The port to listen on (8080)." };
        var host = new Option<string?>("--host") { Description = "The address to listen on (127.0.0.1); 0.0.0.0 for every one." };
        var device = new Option<string?>("--device") { Description = "Devices in order of preference, parted by commas: cuda, tensorrt, webgpu, openvino, coreml, dml, cpu." };
        var command = new Command("serve", "Serves the models it finds over REST.") { models, detectors, port, host, device };
        command.SetAction((parsed, cancellation) =>
        {
            var flags = new List<KeyValuePair<string, string>>();
            Add("Server:Port", parsed.GetValue(port));
            Add("Server:Host", parsed.GetValue(host));
            Add("Engine:Devices", parsed.GetValue(device));
            return RunAsync(flags, parsed.GetValue(models) ?? [], parsed.GetValue(detectors) ?? [], cancellation);

            void Add(string key, string? value)
            {
                if (value is not null)
                    flags.Add(new(key, value));
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(List<KeyValuePair<string, string>> flags, string[] models, string[] detectors, CancellationToken cancellation)
    {
        if (!SettingReader.TryRead(ProcessEnvironment.SettingsFile, ProcessEnvironment.Variables(), flags, out var settings, out var passedOver, out var error))
            return Refusal.Say(error);
        Notice.PassedOver(passedOver, "orrery");
        if (ModelRoots.Resolve(settings.Engine, models, detectors, out var engine) is { } missing)
            return Refusal.Say(missing);

        using var telemetry = TelemetryExport.Start(settings.Telemetry, "orrery");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limit(settings, settings.Api.MaxBodyBytes));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        builder.Services.AddOrreryApi(settings.Api.Within(MemoryBudget.Of(engine.MemoryLimit)), settings.Admin);
        builder.Services.AddHostedService<IdleMemory>();
        builder.Services.AddSingleton<IInferenceBackend>(services => services.GetRequiredService<LocalBackend>());
        LocalBackend? backend = null;
        builder.Services.AddSingleton(_ => backend!);
        await using var loggers = new LoggerScope();
        IVectorStore? vectors = null;
        if (settings.Vectors.Store != VectorStoreKind.None)
        {
            if (!(await VectorStores.OpenAsync(settings.Vectors, loggers.Factory, TimeProvider.System, cancellation)).TryGet(out vectors, out var refused))
                return Refusal.Say(refused.Message);
            builder.Services.AddSingleton(_ => vectors);
        }

        await using var kept = vectors;
        try
        {
            backend = await LocalBackend.CreateAsync(engine, vectors, loggers.Factory, TimeProvider.System, cancellation);
        }
        catch (OrtException e)
        {
            return Refusal.Say(e.Message);
        }

        // Disposed after the host: what is in flight is answered first.
        await using var owned = backend;
        if (engine.DefaultModel is { } chosen && !backend.Find(chosen).TryGet(out _, out _))
            return Refusal.Say($"Engine:DefaultModel (EMBEDDING_MODEL): there is no model '{chosen}' in {string.Join(", ", engine.ModelDirectories)}; pull it first: orrery models pull {chosen}");
        foreach (var name in engine.DefaultDetectors)
        {
            if (!backend.Detectors.Any(detector => detector.Name == name))
                return Refusal.Say($"Engine:DefaultDetectors (DEFAULT_CLASSIFIERS): there is no detector '{name}' in {string.Join(", ", engine.DetectorDirectories)}");
        }

        await using var app = builder.Build();
        app.MapOrreryApi();
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException e)
        {
            return Refusal.Say($"cannot listen on {settings.Host}:{settings.Port}: {e.InnerException?.Message ?? e.Message}");
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        await LoadAsync(backend, app.Urls.First(), stopping.Token);
        return await HostEnd.WaitAsync(app, "orrery", cancellation);
    }

    private static async Task LoadAsync(LocalBackend backend, string address, CancellationToken stopping)
    {
        try
        {
            await backend.LoadAllAsync(stopping);
            // Reading tokenizers and graphs leaves garbage that serving would carry along: the process is to be small.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            Banner.Show(Console.Out, backend, address);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop before everything was loaded.
            return;
        }
    }
}
