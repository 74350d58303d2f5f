using System.Globalization;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>The memory of a session's CPU arena, in bytes.</summary>
/// <param name="InUse">What tensors take now.</param>
/// <param name="Peak">The most that they took at once.</param>
/// <param name="Held">What the arena holds from the system, used or not.</param>
public readonly record struct OrtMemoryUse(long InUse, long Peak, long Held)
{
    /// <summary>Asks the session's allocator; null when it is no arena and so keeps no count.</summary>
    internal static unsafe OrtMemoryUse? Read(nint session)
    {
        var library = OrtLibrary.Instance;
        var api = library.Api;
        nint allocator, statistics;
        OrtException.ThrowIfError(api, api->CreateAllocator(session, library.CpuMemory, &allocator), "Memory statistics");
        nint status = api->AllocatorGetStats(allocator, &statistics);
        api->ReleaseAllocator(allocator);
        OrtException.ThrowIfError(api, status, "Memory statistics");

        byte** keys, values;
        nuint count;
        api->GetKeyValuePairs(statistics, &keys, &values, &count);
        long inUse = 0, peak = 0, held = 0;
        for (nuint i = 0; i < count; i++)
        {
            _ = long.TryParse(Marshal.PtrToStringUTF8((nint)values[i]), CultureInfo.InvariantCulture, out long value);
            switch (Marshal.PtrToStringUTF8((nint)keys[i]))
            {
                case "InUse": inUse = value; break;
                case "MaxInUse": peak = value; break;
                case "TotalAllocated": held = value; break;
            }
        }
        api->ReleaseKeyValuePairs(statistics);
        return count == 0 ? null : new OrtMemoryUse(inUse, peak, held);
    }
}
