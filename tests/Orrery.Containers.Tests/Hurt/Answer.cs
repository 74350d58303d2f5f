using System.Diagnostics;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>One answer, on the stopwatch's clock.</summary>
/// <param name="Status">The status; 0 where the connection broke or nothing came at all.</param>
/// <param name="Began">When it was asked for.</param>
/// <param name="Ended">When it was there.</param>
/// <param name="Reason">The body of a failure; empty otherwise.</param>
internal sealed record Answer(int Status, long Began, long Ended, string Reason)
{
    public TimeSpan Took => Stopwatch.GetElapsedTime(Began, Ended);
}
