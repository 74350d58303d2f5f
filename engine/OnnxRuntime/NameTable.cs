using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The names of a session's inputs or outputs as C strings that stay where they are. They lie in pinned arrays, which
/// the garbage collector frees with the table, so a run in flight need only keep its session alive.
/// </summary>
internal sealed unsafe class NameTable
{
    private readonly byte[] _text;
    private readonly nint[] _pointers;

    internal NameTable(IReadOnlyList<OrtTensorInfo> tensors)
    {
        _text = GC.AllocateArray<byte>(tensors.Sum(t => Encoding.UTF8.GetByteCount(t.Name) + 1), pinned: true);
        _pointers = new nint[tensors.Count];
        int at = 0;
        for (int i = 0; i < tensors.Count; i++)
        {
            fixed (byte* start = &_text[at])
                _pointers[i] = (nint)start;
            at += Encoding.UTF8.GetBytes(tensors[i].Name, _text.AsSpan(at)) + 1;
        }
    }

    /// <summary>The name of input or output number <paramref name="index"/>, ended by a zero.</summary>
    internal byte* this[int index] => (byte*)_pointers[index];
}
