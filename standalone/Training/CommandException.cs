namespace Orrery.Standalone.Training;

/// <summary>A command cannot do what it was asked; the message says why in one sentence, and is all that the user sees.</summary>
internal sealed class CommandException(string message) : Exception(message);
