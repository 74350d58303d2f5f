using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orrery.Api;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;
using Orrery.Standalone.Configuration;

namespace Orrery.Standalone.Serve;

/// <summary>orrery serve: the API and the engine in this process.</summary>
internal static class ServeCommand
{
    /// <summary>The exit code of a refusal to start: a setting is wrong, or the port is taken.</summary>
    public const int Refused = 2;

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

    /// <summary>The process's environment.</summary>
    public static Dictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value!);

    private static async Task<int> RunAsync(List<KeyValuePair<string, string>> flags, string[] models, string[] detectors, CancellationToken cancellation)
    {
        if (!SettingReader.TryRead("appsettings.json", Variables(), flags, out var settings, out var error))
            return Refuse(error);
        if (ModelRoots.Resolve(settings, models, detectors, out var engine) is { } missing)
            return Refuse(missing);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, settings));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        builder.Services.AddOrreryApi(settings.Api);
        builder.Services.AddSingleton<IInferenceBackend>(services => services.GetRequiredService<LocalBackend>());
        LocalBackend? backend = null;
        builder.Services.AddSingleton(_ => backend!);
        await using var loggers = new LoggerScope();
        try
        {
            backend = await LocalBackend.CreateAsync(engine, loggers.Factory, TimeProvider.System, cancellation);
        }
        catch (OrtException e)
        {
            return Refuse(e.Message);
        }

        // Disposed after the host: what is in flight is answered first.
        await using var owned = backend;
        if (engine.DefaultModel is { } chosen && !backend.Find(chosen).TryGet(out _, out _))
            return Refuse($"Engine:DefaultModel (EMBEDDING_MODEL): there is no model '{chosen}' in {string.Join(", ", engine.ModelDirectories)}; pull it first: orrery models pull {chosen}");
        foreach (var name in engine.DefaultDetectors)
        {
            if (!backend.Detectors.Any(detector => detector.Name == name))
                return Refuse($"Engine:DefaultDetectors (DEFAULT_CLASSIFIERS): there is no detector '{name}' in {string.Join(", ", engine.DetectorDirectories)}");
        }

        await using var app = builder.Build();
        app.MapOrreryApi();
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException e)
        {
            return Refuse($"cannot listen on {settings.Host}:{settings.Port}: {e.InnerException?.Message ?? e.Message}");
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        await LoadAsync(backend, app.Urls.First(), stopping.Token);
        await app.WaitForShutdownAsync(cancellation);
        return 0;
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

    private static void Limit(KestrelServerOptions kestrel, ServeSettings settings)
    {
        kestrel.AddServerHeader = false;
        // The routes read bodies themselves and name the limit; Kestrel's own is a step above, to catch what lies about its length.
        kestrel.Limits.MaxRequestBodySize = settings.Api.MaxBodyBytes + 1;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        // A body must keep coming, or its connection and buffers are held for nothing.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        if (IPAddress.TryParse(settings.Host, out var address))
            kestrel.Listen(address, settings.Port);
        else if (settings.Host == "localhost")
            kestrel.ListenLocalhost(settings.Port);
        else
            kestrel.ListenAnyIP(settings.Port);
    }

    private static int Refuse(string error)
    {
        Console.Error.WriteLine($"orrery: {error}");
        return Refused;
    }
}
