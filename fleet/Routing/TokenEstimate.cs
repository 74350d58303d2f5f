namespace Orrery.Fleet.Routing;

/// <summary>A guess at a text's tokens that costs next to nothing: enough to share work, not enough to enforce a limit.</summary>
public static class TokenEstimate
{
    /// <summary>Characters of alphabetic scripts a token: about four in English for the usual vocabularies.</summary>
    private const int CharactersPerToken = 4;

    /// <summary>From here on (CJK and beyond) a character is about a token of its own.</summary>
    private const char Ideographs = '\u2E80';

    /// <summary>Tokens, the two that mark beginning and end included.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        var alphabetic = 0;
        foreach (var character in text)
            alphabetic += character < Ideographs ? 1 : 0;
        return 2 + text.Length - alphabetic + (alphabetic + CharactersPerToken - 1) / CharactersPerToken;
    }
}
