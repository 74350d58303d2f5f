using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Vectors;
using Orrery.Hosting.Startup;
using Orrery.Hosting.Vectors;
using Orrery.Standalone.Configuration;

namespace Orrery.Standalone.Training;

/// <summary>The engine for a command that ends: the settings of serve, and only the models it needs. Dispose frees it.</summary>
internal sealed class EngineScope : IAsyncDisposable
{
    private readonly LoggerScope _loggers = new();

    private EngineScope()
    {
    }

    public LocalBackend Backend { get; private set; } = null!;

    /// <summary>Where vectors are kept; null unless it was asked for.</summary>
    public IVectorStore? Vectors { get; private set; }

    /// <summary>What can be set of commands too.</summary>
    /// <exception cref="CommandException">A setting is wrong.</exception>
    public static ServeSettings Settings() => SettingReader.TryRead(ProcessEnvironment.SettingsFile, ProcessEnvironment.Variables(), [], out var settings, out var error)
        ? settings
        : throw new CommandException(error);

    /// <summary>Finds models and detectors, and loads none.</summary>
    /// <param name="models">Folders of models; empty for those of the settings.</param>
    /// <param name="detectors">Folders of detectors; empty likewise.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="withVectors">Whether the vector store is opened too.</param>
    /// <exception cref="CommandException">A setting is wrong, a folder is not there, ONNX Runtime's library is missing, or the store cannot be opened.</exception>
    public static async Task<EngineScope> OpenAsync(string[] models, string[] detectors, CancellationToken cancellation, bool withVectors = false)
    {
        var settings = Settings();
        if (ModelRoots.Resolve(settings.Engine, models, detectors, out var options) is { } missing)
            throw new CommandException(missing);
        var scope = new EngineScope();
        try
        {
            if (withVectors)
                scope.Vectors = await scope.OpenVectorsAsync(settings.Vectors, cancellation);
            // A job waits for its turn as long as it takes; there is nobody else to be fair to.
            options = options with { MaxQueueDelay = TimeSpan.FromHours(1), RequestTimeout = TimeSpan.FromHours(1) };
            scope.Backend = await LocalBackend.CreateAsync(options, scope.Vectors, scope._loggers.Factory, TimeProvider.System, cancellation);
            return scope;
        }
        catch (OrtException e)
        {
            await scope.CloseAsync();
            throw new CommandException(e.Message);
        }
        catch (CommandException)
        {
            await scope.CloseAsync();
            throw;
        }
    }

    /// <summary>Loads a model.</summary>
    /// <param name="name">Its name or alias; empty for the default embedding model, or the first by name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CommandException">There is no such model, or it was refused.</exception>
    public async Task<ModelInfo> LoadAsync(string name, CancellationToken cancellation)
    {
        if (name.Length == 0)
            throw new CommandException($"--model is missing; there are {Names()}");
        var loaded = await Backend.LoadAsync(name, cancellation);
        if (loaded.Error is { Kind: InferenceErrorKind.ModelNotFound })
            throw new CommandException($"there is no model '{name}'; there are {Names()}");
        return loaded.Value ?? throw new CommandException(loaded.Error!.Message);
    }

    /// <summary>Loads the model of a detector.</summary>
    /// <exception cref="CommandException">There is no such detector, or it cannot answer; the message says why.</exception>
    public async Task<DetectorInfo> LoadDetectorAsync(string name, CancellationToken cancellation)
    {
        var detector = Find(name);
        if (detector.Model.Length > 0 && Backend.Find(detector.Model).Value is not null)
            await Backend.LoadAsync(detector.Model, cancellation);
        // Its model may go by another name here than when it was trained.
        if (Find(name).State != ModelState.Ready)
            await Backend.LoadAllAsync(cancellation);
        detector = Find(name);
        return detector.State == ModelState.Ready ? detector : throw new CommandException($"detector '{name}' is not ready: {detector.Reason}");
    }

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        await CloseAsync();
    }

    private async Task<IVectorStore> OpenVectorsAsync(VectorOptions options, CancellationToken cancellation)
    {
        if (options.Store == VectorStoreKind.None)
            throw new CommandException("Vectors:Store (VECTOR_STORE) is none: there is nowhere to keep vectors");
        return (await VectorStores.OpenAsync(options, _loggers.Factory, TimeProvider.System, cancellation)).TryGet(out var store, out var error) ? store : throw new CommandException(error.Message);
    }

    private async ValueTask CloseAsync()
    {
        if (Vectors is not null)
            await Vectors.DisposeAsync();
        await _loggers.DisposeAsync();
    }

    private DetectorInfo Find(string name) => Backend.Detectors.FirstOrDefault(detector => detector.Name == name)
        ?? throw new CommandException($"there is no detector '{name}'; there are {string.Join(", ", Backend.Detectors.Select(detector => detector.Name).DefaultIfEmpty("none"))}");

    private string Names() => string.Join(", ", Backend.Models.Select(model => model.Name).DefaultIfEmpty("none"));
}
