using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>
/// Measured plans between starts, a small file each. A plan holds for one version, one library, one machine's processors and
/// one way of being told to run; anything else is measured anew.
/// </summary>
internal sealed class PlanCache(EngineOptions options, OrtEnvironment environment)
{
    /// <summary>The plan measured before; null when there is none, or it cannot be read.</summary>
    public SessionPlan? Read(string digest)
    {
        if (PathOf(digest) is not { } path || !File.Exists(path))
            return null;
        var fields = File.ReadAllText(path).Split(' ');
        return fields.Length == 5 && Int(0) is { } sessions && Int(1) is { } threads && Int(2) is { } wide && Int(3) is { } tokens
            && double.TryParse(fields[4], CultureInfo.InvariantCulture, out var rate) && sessions > 0 && threads > 0 && tokens > 0 && rate > 0
            ? new SessionPlan(sessions, threads, wide, tokens, rate)
            : null;

        int? Int(int index) => int.TryParse(fields[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>Keeps a plan. A folder that cannot be written costs a measurement at every start, no more.</summary>
    public void Write(string digest, SessionPlan plan)
    {
        if (PathOf(digest) is not { } path)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var text = string.Create(CultureInfo.InvariantCulture, $"{plan.Sessions} {plan.Threads} {plan.WideThreads} {plan.MaxBatchTokens} {plan.TokensPerSecond:F0}");
            var temporary = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    private string? PathOf(string digest) => options.CacheDirectory is not { } folder ? null : Path.Combine(
        folder, "plans",
        string.Create(
            CultureInfo.InvariantCulture,
            $"{digest[..16]}-{environment.Version}-{Environment.ProcessorCount}{(Avx512F.IsSupported ? "w" : "")}-{string.Join('+', options.Devices).Replace(':', '.')}-{options.Sessions}-{options.ThreadsPerSession}-{options.MaxBatchTokens}"));
}
