namespace Orrery.Engine.Tokenization;

/// <summary>
/// The result of <see cref="Tokenizer.Encode"/>, with the working space to make it: reuse one per caller.
/// It grows with the longest text and is used by one thread at a time.
/// </summary>
public sealed class Encoding
{
    // Beyond this many units of text the working space is let go on Clear, so that one huge text does not hold memory for good.
    private const int KeptTextUnits = 1 << 20;

    private int[] _ids = new int[128];
    private int[] _typeIds = new int[128];
    private byte[] _special = new byte[128];
    private TokenOffset[] _offsets = [];
    private int _count;
    private bool _withOffsets;

    /// <summary>Token ids, special tokens included, after truncation.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    /// <summary>Segment of each id as the post-processor says (0 or 1 for BERT's pair).</summary>
    public ReadOnlySpan<int> TypeIds => _typeIds.AsSpan(0, _count);

    /// <summary>1 where the post-processor added the token.</summary>
    public ReadOnlySpan<byte> SpecialTokensMask => _special.AsSpan(0, _count);

    /// <summary>Origin of each id in the text it belongs to (first or second); empty unless <see cref="EncodeOptions.WithOffsets"/>.</summary>
    public ReadOnlySpan<TokenOffset> Offsets => _withOffsets ? _offsets.AsSpan(0, _count) : default;

    /// <summary>Number of ids there would have been without truncation, special tokens included.</summary>
    public int UntruncatedLength { get; internal set; }

    internal TokenList First { get; private set; } = new();

    internal TokenList Second { get; private set; } = new();

    internal NormalizationSpace Normalization { get; private set; } = new();

    internal PreTokenizedText Text { get; private set; } = new();

    internal ModelSpace Model { get; private set; } = new();

    /// <summary>Empties the result.</summary>
    public void Clear()
    {
        _count = 0;
        UntruncatedLength = 0;
        if (Text.Text.Length <= KeptTextUnits) return;
        (First, Second, Normalization, Text, Model) = (new(), new(), new(), new(), new());
    }

    internal void Begin(int count, bool withOffsets)
    {
        _count = 0;
        _withOffsets = withOffsets;
        if (_ids.Length < count)
        {
            int size = Math.Max(count, _ids.Length * 2);
            _ids = new int[size];
            _typeIds = new int[size];
            _special = new byte[size];
        }
        if (withOffsets && _offsets.Length < _ids.Length) _offsets = new TokenOffset[_ids.Length];
    }

    internal void AppendSpecial(int id, int typeId)
    {
        if (_withOffsets) _offsets[_count] = default;
        _typeIds[_count] = typeId;
        _special[_count] = 1;
        _ids[_count++] = id;
    }

    internal void Append(TokenList tokens, int start, int count, int typeId)
    {
        tokens.Ids.Slice(start, count).CopyTo(_ids.AsSpan(_count));
        _typeIds.AsSpan(_count, count).Fill(typeId);
        _special.AsSpan(_count, count).Clear();
        if (_withOffsets) tokens.Offsets.Slice(start, count).CopyTo(_offsets.AsSpan(_count));
        _count += count;
    }
}
