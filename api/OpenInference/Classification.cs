using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>Triton's classification extension: instead of an output its largest values a row, each as <c>value:index</c> or <c>value:index:label</c>.</summary>
internal static class Classification
{
    /// <summary>The most classes of a row.</summary>
    public const int MaxClasses = 1000;

    /// <summary>The most classes of all rows: each takes many times the memory of the number that it is made of.</summary>
    public const int MaxStrings = 1 << 18;

    /// <summary>Replaces an output.</summary>
    /// <param name="output">Numbers [n, classes], or [classes] for one row.</param>
    /// <param name="count">How many a row, 1 to <see cref="MaxClasses"/>; all where there are fewer.</param>
    /// <param name="labels">The classes' names; none where nobody named as many.</param>
    /// <param name="classes">BYTES [n, count], or [count].</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Of(NamedTensor output, int count, IReadOnlyList<string> labels, out NamedTensor classes, CancellationToken cancellation)
    {
        classes = output;
        if (output.Shape.Length == 0)
            return $"output '{output.Name}': classification is of rows, and this is a single value";
        var width = 1L;
        foreach (var size in output.Shape.AsSpan(output.Shape.Length == 1 ? 0 : 1))
            width *= size;
        var rows = output.Shape.Length == 1 ? 1 : output.Shape[0];
        var kept = (int)Math.Min(count, width);
        if (rows * kept > MaxStrings)
            return $"output '{output.Name}': classification gives at most {MaxStrings} classes in an answer, and {kept} in each of {rows} rows are more";
        var strings = new ReadOnlyMemory<byte>[rows * kept];
        if (!Fill(output, (int)width, kept, labels, strings, cancellation))
            return $"output '{output.Name}': classification is of numbers, not of {DataTypes.NameOf(output.Type)}";
        classes = new NamedTensor { Name = output.Name, Type = OrtElementType.String, Shape = output.Shape.Length == 1 ? [kept] : [rows, kept], Strings = strings };
        return null;
    }

    private static bool Fill(NamedTensor output, int width, int kept, IReadOnlyList<string> labels, ReadOnlyMemory<byte>[] strings, CancellationToken cancellation)
    {
        switch (output.Type)
        {
            case OrtElementType.Float32: Of<float>(); break;
            case OrtElementType.Float64: Of<double>(); break;
            case OrtElementType.Float16: Of<Half>(); break;
            case OrtElementType.Int8: Of<sbyte>(); break;
            case OrtElementType.Int16: Of<short>(); break;
            case OrtElementType.Int32: Of<int>(); break;
            case OrtElementType.Int64: Of<long>(); break;
            case OrtElementType.UInt8: Of<byte>(); break;
            case OrtElementType.UInt16: Of<ushort>(); break;
            case OrtElementType.UInt32: Of<uint>(); break;
            case OrtElementType.UInt64: Of<ulong>(); break;
            default: return false;
        }

        return true;

        void Of<T>()
            where T : unmanaged, INumberBase<T>, IComparable<T>
        {
            var values = MemoryMarshal.Cast<byte, T>(output.Data.Span);
            var largest = new PriorityQueue<int, (T Value, int Index)>(kept, Comparer<(T Value, int Index)>.Create(static (a, b) => Compare(a, b)));
            for (var start = 0; start < strings.Length; start += kept)
            {
                cancellation.ThrowIfCancellationRequested();
                Select(values[..width], largest, kept);
                values = values[width..];
                // The least of them comes first.
                for (var i = start + kept - 1; largest.TryDequeue(out var index, out var one); i--)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"{double.CreateTruncating(one.Value):F6}:{index}");
                    strings[i] = Encoding.UTF8.GetBytes(labels.Count == width ? $"{text}:{labels[index]}" : text);
                }
            }
        }
    }

    private static void Select<T>(ReadOnlySpan<T> row, PriorityQueue<int, (T Value, int Index)> largest, int kept)
        where T : IComparable<T>
    {
        for (var i = 0; i < row.Length; i++)
        {
            var one = (row[i], i);
            if (i < kept)
                largest.Enqueue(i, one);
            else if (largest.TryPeek(out _, out var least) && Compare(one, least) > 0)
                largest.DequeueEnqueue(i, one);
        }
    }

    /// <summary>Of equal values the earlier class is the greater; one that is no number is the least.</summary>
    private static int Compare<T>((T Value, int Index) a, (T Value, int Index) b)
        where T : IComparable<T> => a.Value.CompareTo(b.Value) is not 0 and var order ? order : b.Index.CompareTo(a.Index);
}
