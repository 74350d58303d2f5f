using System.Text;

namespace Orrery.Engine.Tokenization;

/// <summary>Reads byte-level tokens as UTF-8; bytes that are not UTF-8 become U+FFFD.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            // A token outside the alphabet is text already (an added token, say).
            if (token.All(c => ByteAlphabet.ByteOf(c) >= 0)) bytes.AddRange(token.Select(c => (byte)ByteAlphabet.ByteOf(c)));
            else bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(token));
        }
        return [System.Text.Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Reads runs of byte tokens (&lt;0x41&gt;) as UTF-8; a run that is not UTF-8 becomes one U+FFFD a byte.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override List<string> Decode(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (string token in tokens)
        {
            int value = ByteFallback.ByteOf(token);
            if (value >= 0)
            {
                run.Add((byte)value);
                continue;
            }
            Flush(run, result);
            result.Add(token);
        }
        Flush(run, result);
        return result;
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0) return;
        byte[] bytes = [.. run];
        if (System.Text.Unicode.Utf8.IsValid(bytes)) result.Add(s_strict.GetString(bytes));
        else
            for (int i = 0; i < bytes.Length; i++) result.Add("\uFFFD");
        run.Clear();
    }
}

/// <summary>Writes the replacement character as a space again, and leaves out the first token's.</summary>
internal sealed class MetaspaceDecoder(char replacement, PrependScheme scheme) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            tokens[i] = i == 0 && scheme != PrependScheme.Never
                ? tokens[i].Replace(replacement.ToString(), "", StringComparison.Ordinal)
                : tokens[i].Replace(replacement, ' ');
        }
        return tokens;
    }
}

/// <summary>Writes the end-of-word suffix as a space, and leaves out the last token's.</summary>
internal sealed class BpeDecoder(string suffix) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; suffix.Length > 0 && i < tokens.Count; i++) tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }
}

/// <summary>Puts other text where a pattern matches in a token.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            var result = new StringBuilder();
            int from = 0;
            using TextPattern.Enumerator matches = pattern.Find(tokens[i]);
            while (matches.MoveNext())
            {
                result.Append(tokens[i], from, matches.Start - from).Append(content);
                from = matches.End;
            }
            if (from > 0) tokens[i] = result.Append(tokens[i], from, tokens[i].Length - from).ToString();
        }
        return tokens;
    }
}

/// <summary>Takes up to so many of a character off each token's ends.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            int first = 0, last = tokens[i].Length;
            while (first < start && first < last && tokens[i][first] == content) first++;
            while (tokens[i].Length - last < stop && last > first && tokens[i][last - 1] == content) last--;
            tokens[i] = tokens[i][first..last];
        }
        return tokens;
    }
}

/// <summary>Joins all tokens to one.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}
