namespace Orrery.Engine.Tokenization;

/// <summary>A text that a tokenizer cannot be let go on with: its file makes too much of it, or takes too long over it.</summary>
public sealed class TokenizationException : Exception
{
    /// <summary>With a sentence that says what the tokenizer did.</summary>
    public TokenizationException(string message)
        : base(message)
    {
    }

    /// <summary>With the cause.</summary>
    public TokenizationException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message; for serializers.</summary>
    public TokenizationException()
    {
    }
}
