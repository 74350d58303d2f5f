namespace Orrery.Engine.Tokenization;

/// <summary>A trie over UTF-16 units. Edges are one hash table of (node, unit) to node; node 0 is the first root.</summary>
internal sealed class CharTrie
{
    private ulong[] _keys; // ((node << 16) | unit) + 1; 0 is free
    private int[] _children;
    private int[] _values;
    private int _nodes = 1, _edges;

    public CharTrie(int expectedNodes)
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, expectedNodes * 2));
        _keys = new ulong[slots];
        _children = new int[slots];
        _values = new int[Math.Max(32, expectedNodes)];
        _values[0] = -1;
    }

    /// <summary>A further root, whose tokens are apart from the others.</summary>
    public int AddRoot() => NewNode();

    public void Add(int root, ReadOnlySpan<char> token, int value)
    {
        int node = root;
        foreach (char unit in token)
        {
            int child = Step(node, unit);
            if (child < 0)
            {
                child = NewNode();
                if (++_edges * 2 > _keys.Length) Grow();
                Insert(Key(node, unit), child);
            }
            node = child;
        }
        _values[node] = value;
    }

    /// <summary>The child of a node, or -1.</summary>
    public int Step(int node, char unit)
    {
        ulong key = Key(node, unit);
        ulong[] keys = _keys;
        for (uint slot = Slot(key); ; slot++)
        {
            uint at = slot & (uint)(keys.Length - 1);
            ulong found = keys[at];
            if (found == key) return _children[at];
            if (found == 0) return -1;
        }
    }

    /// <summary>The value of the token that ends at a node, or -1.</summary>
    public int ValueOf(int node) => _values[node];

    /// <summary>The longest token that begins the text: its value, or -1.</summary>
    public int LongestPrefix(int root, ReadOnlySpan<char> text, out int length)
    {
        int node = root, value = -1;
        length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            node = Step(node, text[i]);
            if (node < 0) break;
            if (_values[node] < 0) continue;
            value = _values[node];
            length = i + 1;
        }
        return value;
    }

    private static ulong Key(int node, char unit) => (((ulong)(uint)node << 16) | unit) + 1;

    private static uint Slot(ulong key) => (uint)((key * 0x9E3779B97F4A7C15) >> 32);

    private int NewNode()
    {
        if (_nodes == _values.Length) Array.Resize(ref _values, _nodes * 2);
        _values[_nodes] = -1;
        return _nodes++;
    }

    private void Insert(ulong key, int child)
    {
        uint slot = Slot(key);
        while (_keys[slot & (uint)(_keys.Length - 1)] != 0) slot++;
        _keys[slot & (uint)(_keys.Length - 1)] = key;
        _children[slot & (uint)(_keys.Length - 1)] = child;
    }

    private void Grow()
    {
        (ulong[] keys, int[] children) = (_keys, _children);
        _keys = new ulong[keys.Length * 2];
        _children = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
            if (keys[i] != 0) Insert(keys[i], children[i]);
    }
}
