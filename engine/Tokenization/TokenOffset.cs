namespace Orrery.Engine.Tokenization;

/// <summary>Where a token came from in the original text.</summary>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">One past the last UTF-16 unit; equal to <paramref name="Start"/> for a special token that was added.</param>
public readonly record struct TokenOffset(int Start, int End);
