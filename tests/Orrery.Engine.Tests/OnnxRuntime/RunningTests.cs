using System.Diagnostics;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

/// <summary>What a process feels of its runs: memory, processor time, endings. Alone, so that other tests do not disturb.</summary>
[CollectionDefinition(nameof(RunningTests), DisableParallelization = true)]
[Collection(nameof(RunningTests))]
public sealed class RunningTests
{
    [Fact]
    public async Task Ends_a_run_from_another_thread()
    {
        using var session = Graphs.Open("loop");
        using var options = new OrtRunOptions();
        var run = Task.Factory.StartNew(() => Rounds(session, 1L << 40, options), TaskCreationOptions.LongRunning);
        // The run would take years: whenever the end comes, it comes amid it or before it.
        await Task.Delay(50);

        options.Terminate();

        var error = await Assert.ThrowsAsync<OrtException>(() => run.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("terminate", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Throws<OrtException>(() => Rounds(session, 1, options));
        options.Reset();
        Assert.Equal(1, Rounds(session, 3, options));
    }

    [Fact]
    public async Task Frees_a_session_only_when_the_run_in_flight_has_ended()
    {
        var session = Graphs.Open("loop");
        using var options = new OrtRunOptions();
        var run = Task.Factory.StartNew(() => Rounds(session, 1L << 40, options), TaskCreationOptions.LongRunning);
        await Task.Delay(50);

        session.Dispose();

        Assert.False(run.IsCompleted && run.Exception?.InnerException is not ObjectDisposedException);
        options.Terminate();
        await Assert.ThrowsAnyAsync<Exception>(() => run.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Does_not_grow_over_thousands_of_runs_and_hundreds_of_sessions()
    {
        using var session = Graphs.Open("sums");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, new float[512 * 8], 512, 8);
        using var ids = TestTensor.Of<long>(OrtElementType.Int64, new long[512 * 3], 512, 3);
        var outputs = new OrtValue?[2];
        using var wrong = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        long Growth(int rounds)
        {
            long before = Resident();
            for (int round = 0; round < rounds; round++)
            {
                for (int run = 0; run < 100; run++)
                {
                    session.Run([0, 1], [x.Value, ids.Value], [0, 1], outputs);
                    outputs[0]!.Dispose();
                    outputs[1]!.Dispose();
                    Array.Clear(outputs);
                }
                using (OrtValue.Strings(["some text that is not short enough to lie within the string"], [1]))
                    Assert.Throws<OrtException>(() => session.Run([0], [wrong.Value], [0], new OrtValue?[1]));
                Graphs.Open("types").Dispose();
                Assert.Throws<OrtException>(() => Graphs.Open("unknown_operator"));
            }
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Resident() - before;
        }

        Growth(50);
        // A leaked output a run would be 40 MB, a leaked session a round 20.
        Assert.InRange(Growth(200), long.MinValue, 5L << 20);
    }

    [Fact]
    public void Leaves_the_processor_alone_while_idle()
    {
        using var session = Graphs.Open("product", new OrtSessionOptions { IntraOpThreads = 8 });
        using var a = TestTensor.Of<float>(OrtElementType.Float32, new float[512 * 512], 512, 512);
        var outputs = new OrtValue?[1];
        using var process = Process.GetCurrentProcess();
        double[] used = new double[7];
        for (int round = 0; round < used.Length; round++)
        {
            for (int run = 0; run < 3; run++)
            {
                session.Run([0, 1], [a.Value, a.Value], [0], outputs);
                outputs[0]!.Dispose();
                outputs[0] = null;
            }
            process.Refresh();
            var before = process.TotalProcessorTime;
            Thread.Sleep(50);
            process.Refresh();
            used[round] = (process.TotalProcessorTime - before).TotalMilliseconds;
        }
        // Threads that spin use 30 ms or more of most of these; the median is free of the test host's own work.
        Array.Sort(used);
        Assert.InRange(used[used.Length / 2], 0, 10);
    }

    [Fact]
    public void An_output_outlives_its_session()
    {
        var outputs = new OrtValue?[1];
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [4, 2], 2);
        using (var session = Graphs.Open("identity"))
            session.Run([0], [x.Value], [0], outputs);

        using var y = outputs[0]!;
        Assert.Equal([4, 2], y.Data<float>().ToArray());
    }

    [Fact]
    public void Tells_the_memory_that_a_session_holds()
    {
        using var session = Graphs.Open("product");
        using var a = TestTensor.Of<float>(OrtElementType.Float32, new float[256 * 256], 256, 256);
        var outputs = new OrtValue?[1];
        session.Run([0, 1], [a.Value, a.Value], [0], outputs);
        var during = session.ReadMemoryUse()!.Value;
        outputs[0]!.Dispose();
        var after = session.ReadMemoryUse()!.Value;

        Assert.True(during.InUse - after.InUse >= 256 * 256 * 4, $"{during} then {after}");
        Assert.True(after.Peak >= during.InUse && after.Held >= after.Peak, $"{during} then {after}");
        using var bare = Graphs.Open("product", new OrtSessionOptions { EnableCpuArena = false });
        Assert.Null(bare.ReadMemoryUse());
    }

    [Fact]
    public unsafe void A_binding_runs_again_and_again_without_allocating()
    {
        using var session = Graphs.Open("sums");
        using var x = new NativeBuffer();
        using var ids = new NativeBuffer(3 * 8 * 8);
        using var binding = new OrtBinding(session, [0, 1], [1, 0]);
        Span<long> shape = stackalloc long[4];
        for (int batch = 1; batch <= 8; batch++)
        {
            x.As<float>(batch * 4).Fill(batch);
            ids.As<long>()[0] = batch;
            binding.SetInput(0, x.Address, x.ByteLength, OrtElementType.Float32, [batch, 4]);
            binding.SetInput(1, ids.Address, ids.ByteLength, OrtElementType.Int64, [batch, 3]);
            binding.Run();
            Assert.Equal(2 * batch, binding.Output<long>(0)[0]);
            Assert.Equal(batch, binding.Output<float>(1).Length);
            Assert.Equal(4 * batch + 0.5f, binding.Output<float>(1)[^1]);
            Assert.Equal(2, binding.OutputShape(0, shape));
            Assert.Equal([batch, 3], shape[..2].ToArray());
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int batch = 1; batch <= 100; batch++)
        {
            binding.SetInput(0, x.Address, x.ByteLength, OrtElementType.Float32, [batch % 8, 4]);
            binding.SetInput(1, ids.Address, ids.ByteLength, OrtElementType.Int64, [batch % 8, 3]);
            binding.Run();
            binding.Output<float>(1);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public unsafe void A_binding_writes_outputs_where_it_is_told()
    {
        using var session = Graphs.Open("identity");
        using var x = new NativeBuffer(16);
        using var y = new NativeBuffer(16);
        using var binding = new OrtBinding(session, [0], [0]);
        Assert.Throws<InvalidOperationException>(() => binding.Run());
        binding.SetInput(0, x.Address, 16, OrtElementType.Float32, [4]);
        binding.SetOutput(0, y.Address, 16, OrtElementType.Float32, [4]);

        for (float round = 1; round < 4; round++)
        {
            x.As<float>(4).Fill(round);
            binding.Run();
            Assert.Equal([round, round, round, round], y.As<float>(4).ToArray());
        }
    }

    private static float Rounds(OrtSession session, long rounds, OrtRunOptions options)
    {
        using var count = TestTensor.Of<long>(OrtElementType.Int64, [rounds]);
        using var seed = TestTensor.Of<float>(OrtElementType.Float32, new float[64 * 64], 64, 64);
        var outputs = new OrtValue?[1];
        session.Run([0, 1], [count.Value, seed.Value], [0], outputs, options);
        using var end = outputs[0]!;
        return end.Data<float>()[0];
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
