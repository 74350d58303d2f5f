namespace Orrery.Containers.Tests.Support;

/// <summary>How much is asked of this run.</summary>
internal static class Run
{
    /// <summary>Whether faults last as long as the table of bench/RESULTS.md says, and every one is tried; else they last just long enough to be noticed.</summary>
    public static bool Full { get; } = Environment.GetEnvironmentVariable("ORRERY_CONTAINERS_FULL") == "1";

    /// <summary>The tag of the images that were built for this run.</summary>
    public const string Tag = "dev";

    /// <summary>Waits until something is so.</summary>
    /// <param name="isSo">Asked again and again; what breaks while it is asked is not so yet.</param>
    /// <param name="what">What is waited for.</param>
    /// <param name="patience">How long.</param>
    /// <param name="why">Says more when it does not come.</param>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what, TimeSpan patience, Func<Task<string>>? why = null)
    {
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                if (await isSo())
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException or IOException)
            {
                // It is asked again.
            }

            if (clock.Elapsed > patience)
                Assert.Fail($"after {patience.TotalSeconds:f0} s not seen: {what}; {(why is null ? "" : await why())}");
        }
    }
}
