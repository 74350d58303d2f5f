using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Its element type; <see cref="OrtElementType.Undefined"/> when it is no tensor (a sequence or map).</param>
/// <param name="Shape">Its dimensions; -1 for one that may vary.</param>
/// <param name="DimensionNames">The name of each dimension that may vary, such as <c>batch</c>; null for the others.</param>
public sealed record OrtTensorInfo(
    string Name, OrtElementType ElementType, ImmutableArray<long> Shape, ImmutableArray<string?> DimensionNames);

/// <summary>What a model's file says of itself.</summary>
/// <param name="Producer">The tool that wrote it, such as <c>pytorch</c>.</param>
/// <param name="GraphName">The graph's name.</param>
/// <param name="Domain">The model's domain, in reverse DNS.</param>
/// <param name="Description">Free text.</param>
/// <param name="Version">The model's version number.</param>
/// <param name="Custom">The file's own keys and values.</param>
public sealed record OrtModelMetadata(
    string Producer, string GraphName, string Domain, string Description, long Version, IReadOnlyDictionary<string, string> Custom);

/// <summary>Reads what a session knows of its model.</summary>
internal static unsafe class ModelReader
{
    internal static OrtTensorInfo[] ReadTensors(nint session, bool inputs)
    {
        var library = OrtLibrary.Instance;
        var api = library.Api;
        nuint count;
        Check(inputs ? api->SessionGetInputCount(session, &count) : api->SessionGetOutputCount(session, &count));
        var result = new OrtTensorInfo[(int)count];
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            Check(inputs
                ? api->SessionGetInputName(session, i, library.DefaultAllocator, &name)
                : api->SessionGetOutputName(session, i, library.DefaultAllocator, &name));
            string text = library.TakeString(name);
            nint type;
            Check(inputs ? api->SessionGetInputTypeInfo(session, i, &type) : api->SessionGetOutputTypeInfo(session, i, &type));
            try
            {
                nint tensor; // belongs to type; zero when this is no tensor
                Check(api->CastTypeInfoToTensorInfo(type, &tensor));
                result[i] = tensor == 0 ? new OrtTensorInfo(text, OrtElementType.Undefined, [], []) : ReadTensor(text, tensor);
            }
            finally
            {
                api->ReleaseTypeInfo(type);
            }
        }
        return result;
    }

    internal static OrtModelMetadata ReadMetadata(nint session)
    {
        var library = OrtLibrary.Instance;
        var api = library.Api;
        nint metadata;
        Check(api->SessionGetModelMetadata(session, &metadata));
        try
        {
            long version;
            Check(api->ModelMetadataGetVersion(metadata, &version));
            return new OrtModelMetadata(
                Read(metadata, api->ModelMetadataGetProducerName), Read(metadata, api->ModelMetadataGetGraphName),
                Read(metadata, api->ModelMetadataGetDomain), Read(metadata, api->ModelMetadataGetDescription), version, ReadCustom(metadata));
        }
        finally
        {
            api->ReleaseModelMetadata(metadata);
        }
    }

    private static string Read(nint metadata, delegate* unmanaged<nint, nint, byte**, nint> read)
    {
        byte* text;
        Check(read(metadata, OrtLibrary.Instance.DefaultAllocator, &text));
        return OrtLibrary.Instance.TakeString(text);
    }

    private static OrtTensorInfo ReadTensor(string name, nint tensor)
    {
        var api = OrtLibrary.Instance.Api;
        int type;
        nuint rank;
        Check(api->GetTensorElementType(tensor, &type));
        Check(api->GetDimensionsCount(tensor, &rank));
        long[] shape = new long[(int)rank];
        var names = new string?[(int)rank];
        nint[] namePointers = new nint[(int)rank];
        fixed (long* dimensions = shape)
        fixed (nint* pointers = namePointers)
        {
            Check(api->GetDimensions(tensor, dimensions, rank));
            Check(api->GetSymbolicDimensions(tensor, (byte**)pointers, rank));
        }
        for (int i = 0; i < names.Length; i++)
            names[i] = Marshal.PtrToStringUTF8(namePointers[i]) is { Length: > 0 } text ? text : null;
        return new OrtTensorInfo(name, (OrtElementType)type, [.. shape], [.. names]);
    }

    private static Dictionary<string, string> ReadCustom(nint metadata)
    {
        var library = OrtLibrary.Instance;
        var api = library.Api;
        byte** keys;
        long count;
        Check(api->ModelMetadataGetCustomMetadataMapKeys(metadata, library.DefaultAllocator, &keys, &count));
        var custom = new Dictionary<string, string>();
        for (long i = 0; i < count; i++)
        {
            byte* value;
            Check(api->ModelMetadataLookupCustomMetadataMap(metadata, library.DefaultAllocator, keys[i], &value));
            custom[library.TakeString(keys[i])] = library.TakeString(value);
        }
        if (count > 0)
            library.Free(keys);
        return custom;
    }

    private static void Check(nint status) => OrtException.ThrowIfError(OrtLibrary.Instance.Api, status, "Reading the model's description");
}
