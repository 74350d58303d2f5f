using FsCheck;
using FsCheck.Fluent;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Scaling;

public sealed class RollingMaxTests
{
    [Fact]
    public void Agrees_with_looking_at_everything_in_the_window() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte, byte)[]>(), ArbMap.Default.ArbFor<byte>(),
        (steps, seconds) =>
        {
            var window = TimeSpan.FromSeconds(seconds);
            var (rolling, now) = (RollingMax.Empty, TimeSpan.Zero);
            var all = new List<(TimeSpan Time, int Value)>();
            foreach (var (pause, value) in steps)
            {
                now += TimeSpan.FromSeconds(pause % 30);
                rolling = rolling.Add(now, value, window);
                all.Add((now, value));
                var inside = all.Where(entry => now - entry.Time <= window).ToList();
                Assert.Equal(inside.Max(entry => entry.Value), rolling.Max);
                Assert.Equal(inside.Where(entry => entry.Time >= now - window / 2).Max(entry => entry.Value), rolling.Since(now - window / 2));
                Assert.Equal(inside.Where(entry => entry.Value >= 100).Select(entry => (TimeSpan?)entry.Time).Max(), rolling.LastAtLeast(100));
            }
        }).QuickCheckThrowOnFailure();
}
