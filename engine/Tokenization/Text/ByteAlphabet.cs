namespace Orrery.Engine.Tokenization;

/// <summary>The printable character that byte-level BPE writes for each byte (GPT-2's bytes_to_unicode): printable Latin-1 as itself, the rest from U+0100 on.</summary>
internal static class ByteAlphabet
{
    /// <summary>What a space is written as: Ġ.</summary>
    public const char Space = '\u0120';

    private static readonly char[] s_charOf = Build();
    private static readonly short[] s_byteOf = Invert(s_charOf);

    public static char CharOf(byte value) => s_charOf[value];

    /// <summary>The byte that a character stands for, or -1.</summary>
    public static int ByteOf(char c) => c < s_byteOf.Length ? s_byteOf[c] : -1;

    private static char[] Build()
    {
        var chars = new char[256];
        char next = '\u0100';
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            chars[b] = printable ? (char)b : next++;
        }
        return chars;
    }

    private static short[] Invert(char[] chars)
    {
        var bytes = new short[chars.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++) bytes[chars[b]] = (short)b;
        return bytes;
    }
}
