namespace Orrery.Api.Http;

/// <summary>
/// Room in memory for the bodies of all requests. Small ones have a room of their own, so that no upload, however slow, keeps a question waiting;
/// and none holds its room for longer than its size may need. Thread-safe.
/// </summary>
/// <param name="limit">Bytes of all bodies, at least those of one. Small ones have an eighth of it beside that.</param>
/// <param name="time">Measures waits and deadlines.</param>
internal sealed class BodyRoom(long limit, TimeProvider time)
{
    /// <summary>The most bytes of a small body.</summary>
    public const int SmallBytes = 64 << 10;

    // Two and a half minutes for 32 MB: two megabits a second.
    private const int BytesPerSecond = 256 << 10;

    private static readonly TimeSpan _leastTime = TimeSpan.FromSeconds(30);

    private readonly BytesInFlight _small = new(Math.Max(limit / 8, SmallBytes), time);
    private readonly BytesInFlight _large = new(limit, time);

    /// <summary>Where a body of a size waits for its room, and gives it back.</summary>
    /// <param name="bytes">The most that it may be.</param>
    public BytesInFlight For(long bytes) => bytes <= SmallBytes ? _small : _large;

    /// <summary>How long a body may take to come.</summary>
    /// <param name="bytes">What it holds room for.</param>
    public static TimeSpan Time(long bytes) => _leastTime + TimeSpan.FromSeconds(bytes / BytesPerSecond);

    /// <summary>Fires when that time has passed.</summary>
    /// <param name="bytes">What a body holds room for.</param>
    public CancellationTokenSource Deadline(long bytes) => new(Time(bytes), time);
}
