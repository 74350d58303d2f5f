using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Orrery.Api.Http;

/// <summary>Vectors, straight from the model's floats into the answer.</summary>
internal static class ReplyVectors
{
    /// <summary>A JSON array of finite numbers.</summary>
    public static void Vector(this Reply reply, ReadOnlySpan<float> vector)
    {
        var target = reply.GetSpan((vector.Length * (FloatText.MaxBytes + 1)) + 2);
        var at = 0;
        target[at++] = (byte)'[';
        foreach (var value in vector)
        {
            at += FloatText.Write(value, target[at..]);
            target[at++] = (byte)',';
        }

        target[vector.IsEmpty ? at++ : at - 1] = (byte)']';
        reply.Advance(at);
    }

    /// <summary>A JSON string: base64 of the floats as little-endian bytes, which is how every machine this runs on holds them.</summary>
    public static void Base64Vector(this Reply reply, ReadOnlySpan<float> vector)
    {
        var bytes = MemoryMarshal.AsBytes(vector);
        var target = reply.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        target[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, target[1..], out _, out var written);
        target[written + 1] = (byte)'"';
        reply.Advance(written + 2);
    }
}
