namespace Orrery.Training.Heads;

/// <summary>How far a training is.</summary>
/// <param name="Stage">What is being done, such as <c>pca</c>, <c>fit</c>, <c>calibrate</c> or <c>fold 2 of 5</c>.</param>
/// <param name="Share">The share of all the work that is done, from 0 to 1; never falls.</param>
public readonly record struct TrainingProgress(string Stage, double Share);

/// <summary>A part of the work, which knows what share of the whole it is.</summary>
internal sealed class ProgressPart(IProgress<TrainingProgress>? target, double start = 0, double end = 1)
{
    private readonly Lock _lock = new();
    private double _told;

    /// <summary>A part of this part.</summary>
    /// <param name="from">Where it begins, from 0 to 1 of this part.</param>
    /// <param name="to">Where it ends.</param>
    internal ProgressPart Part(double from, double to) => new(target, start + from * (end - start), start + to * (end - start));

    /// <summary>The part as a target of its own, whose stages bear one name.</summary>
    internal IProgress<TrainingProgress>? As(string stage) => target is null ? null : new Renamed(this, stage);

    /// <summary>Tells how far this part is; from any thread.</summary>
    internal void Report(string stage, double share)
    {
        if (target is null)
            return;
        lock (_lock)
        {
            _told = Math.Max(_told, Math.Clamp(share, 0, 1));
            target.Report(new TrainingProgress(stage, start + _told * (end - start)));
        }
    }

    private sealed class Renamed(ProgressPart part, string stage) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => part.Report(stage, value.Share);
    }
}
