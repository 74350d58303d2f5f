namespace Orrery.Engine.Tokenization;

/// <summary>A tokenizer file that cannot be read: which file, where in it, and what is wrong.</summary>
public sealed class TokenizerFormatException : Exception
{
    /// <summary>Names the place and the problem.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="jsonPath">Path in the JSON (<c>$.model.vocab</c>), or the line of a text file.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="cause">The parser's exception, if any.</param>
    public TokenizerFormatException(string file, string jsonPath, string problem, Exception? cause = null)
        : base($"{Path.GetFileName(file)}: {jsonPath}: {problem}", cause)
    {
        File = file;
        JsonPath = jsonPath;
    }

    /// <summary>Path of the file.</summary>
    public string File { get; }

    /// <summary>Path in the JSON, or the line of a text file.</summary>
    public string JsonPath { get; }
}
