using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// Which execution provider was given which node: what tells a provider that runs from one that was only registered. The
/// library knows (since 1.24), and the managed package has its function table but no method for these three. So they are
/// called through that table, found in the package by name; a package without them fails at the first session of any test.
/// </summary>
internal static unsafe class NodeAssignment
{
    /// <summary>The setting with which a session remembers it.</summary>
    internal const string SessionKey = "session.record_ep_graph_assignment_info";

    private static readonly delegate* unmanaged<nint, nint**, nuint*, nint> Subgraphs = (delegate* unmanaged<nint, nint**, nuint*, nint>)Function("Session_GetEpGraphAssignmentInfo");
    private static readonly delegate* unmanaged<nint, byte**, nint> NameOf = (delegate* unmanaged<nint, byte**, nint>)Function("EpAssignedSubgraph_GetEpName");
    private static readonly delegate* unmanaged<nint, nint**, nuint*, nint> NodesOf = (delegate* unmanaged<nint, nint**, nuint*, nint>)Function("EpAssignedSubgraph_GetNodes");

    /// <summary>How many of a session's nodes each provider runs, by our names.</summary>
    /// <exception cref="OrtException">The session does not remember it.</exception>
    internal static Dictionary<string, int> Count(InferenceSession session)
    {
        var counts = new Dictionary<string, int>();
        nint* subgraphs;
        nuint count;
        Check(Subgraphs(HandleOf(session), &subgraphs, &count));
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            nint* nodes;
            nuint size;
            Check(NameOf(subgraphs[i], &name));
            Check(NodesOf(subgraphs[i], &nodes, &size));
            string provider = ProviderRegistration.ShortName(Marshal.PtrToStringUTF8((nint)name) ?? "");
            counts[provider] = counts.GetValueOrDefault(provider) + (int)size;
        }
        GC.KeepAlive(session);
        return counts;
    }

    // A status tells an error; none of these can fail on a session that was made with the key above.
    private static void Check(nint status)
    {
        if (status != 0)
            throw new OrtException(OrtErrorCode.Fail, "ONNX Runtime does not tell which execution provider runs which node.");
    }

    private static nint Function(string name)
    {
        var table = typeof(OrtEnv).Assembly.GetType("Microsoft.ML.OnnxRuntime.NativeMethods")?.GetField("api_", BindingFlags.NonPublic | BindingFlags.Static)?.GetValue(null);
        return table?.GetType().GetField(name)?.GetValue(table) is nint function and not 0
            ? function
            : throw new MissingMemberException($"The package Microsoft.ML.OnnxRuntime has no {name} in its function table.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Handle")]
    private static extern nint HandleOf(InferenceSession session);
}
