using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine;
using Orrery.Engine.Models;
using Orrery.Hosting.Startup;
using Orrery.Standalone.Configuration;
using Spectre.Console;

namespace Orrery.Standalone.Models;

/// <summary>orrery models: pull one from the hub, list those that are here.</summary>
internal static class ModelsCommand
{
    private const string Hub = "https://huggingface.co/";

    public static Command Create()
    {
        var name = new Argument<string>("model") { Description = "owner/name, and @revision for another than main." };
        var file = new Option<string?>("--file") { Description = "The graph to take, onnx/model_quantized.onnx say." };
        var to = new Option<string?>("--to") { Description = "The folder that models go to (MODEL_CACHE_DIR, else models)." };
        var pull = new Command("pull", "Downloads a model from the Hugging Face hub.") { name, file, to };
        pull.SetAction((parsed, cancellation) => PullAsync(parsed.GetValue(name)!, parsed.GetValue(file), parsed.GetValue(to), cancellation));
        var list = new Command("list", "Lists the models that serve would load.");
        list.SetAction((_, cancellation) => ListAsync(cancellation));
        return new Command("models", "Models on this machine.") { pull, list };
    }

    private static async Task<int> PullAsync(string model, string? graph, string? to, CancellationToken cancellation)
    {
        var (repository, revision) = model.Split('@', 2) is [var left, var right] ? (left, right) : (model, "main");
        if (repository.Split('/') is not [{ Length: > 0 }, { Length: > 0 }] || repository.Any(c => !char.IsAsciiLetterOrDigit(c) && !"/-_.".Contains(c, StringComparison.Ordinal)) || repository.Split('/').Any(part => part.Trim('.').Length == 0) || repository.Contains("..", StringComparison.Ordinal))
            return Refusal.Say($"'{model}' is not owner/name or owner/name@revision");
        var endpoint = Environment.GetEnvironmentVariable("HF_ENDPOINT") is { Length: > 0 } named ? named : Hub;
        if (!Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || !HubConnection.IsWeb(uri))
            return Refusal.Say($"HF_ENDPOINT is not an address of the web: {endpoint}");
        var token = Environment.GetEnvironmentVariable("HF_TOKEN") is { Length: > 0 } given ? given : null;
        if (token is not null && token.Any(c => c is <= ' ' or > '~'))
            return Refusal.Say("HF_TOKEN is not a token: it has blanks, or characters that are not ASCII");
        if (!TryPatience(Environment.GetEnvironmentVariable("HF_HUB_DOWNLOAD_TIMEOUT"), out var patience))
            return Refusal.Say("HF_HUB_DOWNLOAD_TIMEOUT is not a number of seconds from 1 to 86400");

        using var connection = HubConnection.Create(token, patience);
        var hub = new HubClient(connection, uri);
        var directory = Path.Combine(to ?? Environment.GetEnvironmentVariable("MODEL_CACHE_DIR") ?? "models", repository);
        try
        {
            var listed = await hub.ListAsync(repository, revision, cancellation);
            if (PullPlan.Choose(listed.Files, graph, out var files) is { } nothing)
                return Refusal.Say($"{model}: {nothing}");
            // What came first names what else there is.
            for (var next = files; next.Count > 0; next = PullPlan.More(listed.Files, directory, files))
                await DownloadAsync(hub, repository, listed.Commit, next, directory, cancellation);
            Console.WriteLine($"{repository} at {listed.Commit} is in {directory}");
            return 0;
        }
        catch (HubException e)
        {
            return Refusal.Say(e.Message);
        }
        catch (ModelFormatException e)
        {
            return Refusal.Say($"{model}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            return Refusal.Say($"{model}: {e.Message}; what came so far is kept, run the command again to go on");
        }
        catch (OperationCanceledException)
        {
            return Refusal.Say("stopped; what came so far is kept, run the command again to go on");
        }
    }

    /// <summary>How long a hub may send next to nothing: the hub's own clients read it from the same variable.</summary>
    private static bool TryPatience(string? seconds, out TimeSpan patience)
    {
        patience = TimeSpan.FromSeconds(30);
        if (string.IsNullOrEmpty(seconds))
            return true;
        if (!int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 86400)
            return false;
        patience = TimeSpan.FromSeconds(number);
        return true;
    }

    private static Task DownloadAsync(HubClient hub, string repository, string commit, List<HubFile> files, string directory, CancellationToken cancellation) =>
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async view =>
            {
                // The graph last: a directory counts as a model when its graph is there, and by then all else is.
                foreach (var file in files.OrderBy(file => file.Name.EndsWith(".onnx", StringComparison.Ordinal)))
                {
                    var path = Path.Combine(directory, file.Name);
                    var bar = view.AddTask(Markup.Escape(file.Name), maxValue: Math.Max(1, file.Size ?? 1));
                    if (!await HubClient.IsWholeAsync(file, path, cancellation))
                        await hub.DownloadAsync(repository, commit, file, path, new Direct(bytes => bar.Value = bytes), cancellation);
                    bar.Value = bar.MaxValue;
                }
            });

    private static async Task<int> ListAsync(CancellationToken cancellation)
    {
        if (!SettingReader.TryRead(ProcessEnvironment.SettingsFile, ProcessEnvironment.Variables(), [], out var settings, out var error) || ModelRoots.Resolve(settings.Engine, [], [], out var engine) is { } wrong && (error = wrong) is not null)
            return Refusal.Say(error);
        await using var backend = await LocalBackend.CreateAsync(engine, NullLoggerFactory.Instance, TimeProvider.System, cancellation);
        foreach (var model in backend.Models)
            Console.WriteLine($"{model.Name}  {model.Path}");
        if (backend.Models.Count == 0)
            Console.WriteLine("none; pull one: orrery models pull OWNER/NAME");
        return 0;
    }

    /// <summary>Reports at once, on the thread that downloads; Progress would post to the pool.</summary>
    private sealed class Direct(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
