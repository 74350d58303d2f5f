namespace Orrery.Engine.OnnxRuntime;

/// <summary>ONNX Runtime's own object of session options, filled from ours.</summary>
internal sealed unsafe class NativeSessionOptions : IDisposable
{
    private readonly OrtApi* _api = OrtLibrary.Instance.Api;

    internal NativeSessionOptions(OrtSessionOptions options)
    {
        nint value;
        OrtException.ThrowIfError(_api, _api->CreateSessionOptions(&value));
        Value = value;
        try
        {
            Fill(options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal nint Value { get; }

    public void Dispose() => _api->ReleaseSessionOptions(Value);

    private void Fill(OrtSessionOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.IntraOpThreads);
        ArgumentOutOfRangeException.ThrowIfNegative(options.InterOpThreads);
        Check(_api->SetIntraOpNumThreads(Value, options.IntraOpThreads));
        Check(_api->SetInterOpNumThreads(Value, options.InterOpThreads));
        Check(_api->SetSessionExecutionMode(Value, options.InterOpThreads == 1 ? 0 /* sequential */ : 1 /* parallel */));
        Check(_api->SetSessionGraphOptimizationLevel(Value, (int)options.GraphOptimization));
        Check(options.EnableMemoryPattern ? _api->EnableMemPattern(Value) : _api->DisableMemPattern(Value));
        Check(options.EnableCpuArena ? _api->EnableCpuMemArena(Value) : _api->DisableCpuMemArena(Value));
        if (options.OptimizedModelPath is { } optimized)
        {
            fixed (byte* path = OrtText.Path(optimized))
                Check(_api->SetOptimizedModelFilePath(Value, path));
        }
        if (options.ProfilePrefix is { } prefix)
        {
            fixed (byte* path = OrtText.Path(prefix))
                Check(_api->EnableProfiling(Value, path));
        }
        string spinning = options.AllowSpinning ? "1" : "0";
        AddEntry("session.intra_op.allow_spinning", spinning);
        AddEntry("session.inter_op.allow_spinning", spinning);
        if (OrtLibrary.Instance.Has124)
            AddEntry("session.record_ep_graph_assignment_info", "1");
        foreach (var (key, value) in options.ConfigEntries)
            AddEntry(key, value);
    }

    private void AddEntry(string key, string value)
    {
        fixed (byte* keyText = OrtText.Utf8(key), valueText = OrtText.Utf8(value))
            Check(_api->AddSessionConfigEntry(Value, keyText, valueText));
    }

    private void Check(nint status) => OrtException.ThrowIfError(_api, status, "Session options");
}
