using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Text as C wants it: ended by a zero.</summary>
internal static class OrtText
{
    internal static byte[] Utf8(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>A path as ONNX Runtime's ORTCHAR_T: UTF-16 on Windows, UTF-8 elsewhere.</summary>
    internal static byte[] Path(string path) =>
        OperatingSystem.IsWindows() ? Encoding.Unicode.GetBytes(path + '\0') : Utf8(path);
}
