namespace Orrery.Engine.Execution;

/// <summary>A graph answered with something other than it declared: another rank, size or type.</summary>
internal sealed class ModelOutputException(string message) : Exception(message);
