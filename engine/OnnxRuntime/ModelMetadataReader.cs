using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Reads what a graph says of itself.</summary>
internal static unsafe class ModelMetadataReader
{
    public static OrtModelMetadata Read(OrtApi api, nint session)
    {
        nint metadata;
        api.Check(((delegate* unmanaged<nint, nint*, nint>)api[OrtFunction.SessionGetModelMetadata])(session, &metadata));
        try
        {
            long version;
            api.Check(((delegate* unmanaged<nint, long*, nint>)api[OrtFunction.ModelMetadataGetVersion])(metadata, &version));
            return new OrtModelMetadata(
                Text(api, metadata, OrtFunction.ModelMetadataGetProducerName), Text(api, metadata, OrtFunction.ModelMetadataGetGraphName),
                Text(api, metadata, OrtFunction.ModelMetadataGetDomain), Text(api, metadata, OrtFunction.ModelMetadataGetDescription),
                version, Custom(api, metadata));
        }
        finally
        {
            api.Release(OrtFunction.ReleaseModelMetadata, metadata);
        }
    }

    private static string Text(OrtApi api, nint metadata, OrtFunction function)
    {
        byte* text;
        api.Check(((delegate* unmanaged<nint, nint, byte**, nint>)api[function])(metadata, api.Allocator, &text));
        return api.TakeString(text);
    }

    private static ImmutableDictionary<string, string> Custom(OrtApi api, nint metadata)
    {
        byte** keys;
        long count;
        api.Check(((delegate* unmanaged<nint, nint, byte***, long*, nint>)api[OrtFunction.ModelMetadataGetCustomMetadataMapKeys])(metadata, api.Allocator, &keys, &count));
        var custom = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = Marshal.PtrToStringUTF8((nint)keys[i])!;
            byte* value;
            fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
            {
                api.Check(((delegate* unmanaged<nint, nint, byte*, byte**, nint>)api[OrtFunction.ModelMetadataLookupCustomMetadataMap])(
                    metadata, api.Allocator, name, &value));
            }

            custom[key] = api.TakeString(value);
            api.TakeString(keys[i]);
        }

        if (count > 0)
            api.Check(((delegate* unmanaged<nint, void*, nint>)api[OrtFunction.AllocatorFree])(api.Allocator, keys));
        return custom.ToImmutable();
    }
}
