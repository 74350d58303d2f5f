using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>Triton's classification extension: instead of an output its largest values a row, each as <c>value:index</c> or <c>value:index:label</c>.</summary>
internal static class Classification
{
    /// <summary>Replaces an output.</summary>
    /// <param name="output">Numbers [n, classes], or [classes] for one row.</param>
    /// <param name="count">How many a row, at least 1; all where there are fewer.</param>
    /// <param name="labels">The classes' names; none where nobody named as many.</param>
    /// <param name="classes">BYTES [n, count], or [count].</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Of(NamedTensor output, int count, IReadOnlyList<string> labels, out NamedTensor classes)
    {
        classes = output;
        if (Values(output) is not { } values)
            return $"output '{output.Name}': classification is of numbers, not of {DataTypes.NameOf(output.Type)}";
        if (output.Shape.Length == 0)
            return $"output '{output.Name}': classification is of rows, and this is a single value";
        var width = 1L;
        foreach (var size in output.Shape.AsSpan(output.Shape.Length == 1 ? 0 : 1))
            width *= size;
        var rows = output.Shape.Length == 1 ? 1 : output.Shape[0];
        var kept = (int)Math.Min(count, width);
        var named = labels.Count == width;
        var strings = new ReadOnlyMemory<byte>[rows * kept];
        var order = new int[width];
        for (var row = 0; row < rows; row++)
        {
            var of = values.AsMemory((int)(row * width), (int)width);
            for (var i = 0; i < order.Length; i++)
                order[i] = i;
            // Of equal values the earlier class goes first; one that is no number goes last.
            Array.Sort(order, (a, b) => of.Span[b].CompareTo(of.Span[a]) is not 0 and var less ? less : a.CompareTo(b));
            for (var i = 0; i < kept; i++)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"{of.Span[order[i]]:F6}:{order[i]}");
                strings[(row * kept) + i] = Encoding.UTF8.GetBytes(named ? $"{text}:{labels[order[i]]}" : text);
            }
        }

        classes = new NamedTensor { Name = output.Name, Type = OrtElementType.String, Shape = output.Shape.Length == 1 ? [kept] : [rows, kept], Strings = strings };
        return null;
    }

    private static double[]? Values(NamedTensor output)
    {
        var data = output.Data.Span;
        return output.Type switch
        {
            OrtElementType.Float32 => To<float>(data),
            OrtElementType.Float64 => To<double>(data),
            OrtElementType.Float16 => To<Half>(data),
            OrtElementType.Int8 => To<sbyte>(data),
            OrtElementType.Int16 => To<short>(data),
            OrtElementType.Int32 => To<int>(data),
            OrtElementType.Int64 => To<long>(data),
            OrtElementType.UInt8 => To<byte>(data),
            OrtElementType.UInt16 => To<ushort>(data),
            OrtElementType.UInt32 => To<uint>(data),
            OrtElementType.UInt64 => To<ulong>(data),
            _ => null,
        };
    }

    private static double[] To<T>(ReadOnlySpan<byte> data)
        where T : struct, System.Numerics.INumberBase<T>
    {
        var from = MemoryMarshal.Cast<byte, T>(data);
        var to = new double[from.Length];
        for (var i = 0; i < to.Length; i++)
            to[i] = double.CreateTruncating(from[i]);
        return to;
    }
}
