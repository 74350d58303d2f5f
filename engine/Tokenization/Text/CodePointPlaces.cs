namespace Orrery.Engine.Tokenization;

/// <summary>UTF-16 indices to code points. Mostly asked in rising order, so it walks from where it was.</summary>
internal struct CodePointPlaces(string text)
{
    private int _utf16;
    private int _points;

    public int At(int index)
    {
        if (index < _utf16)
            (_utf16, _points) = (0, 0);
        while (_utf16 < index)
        {
            _utf16 += char.IsHighSurrogate(text[_utf16]) && _utf16 + 1 < text.Length && char.IsLowSurrogate(text[_utf16 + 1]) ? 2 : 1;
            _points++;
        }

        return _points;
    }
}
