namespace Orrery.Fleet.Scaling;

/// <summary>How quickly a forecast follows what it sees.</summary>
/// <param name="Level">Time constant of the level; above 0.</param>
/// <param name="Trend">Time constant of the trend; above 0.</param>
/// <param name="JumpThreshold">Sum of surprises, in standard deviations, from which on the load has a new level; at least 1.</param>
public readonly record struct Smoothing(TimeSpan Level, TimeSpan Trend, double JumpThreshold);
