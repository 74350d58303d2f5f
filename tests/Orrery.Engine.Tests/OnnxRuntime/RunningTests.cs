using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;
using Orrery.Onnx;

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
        using var options = new RunOptions();
        var run = Task.Factory.StartNew(() => Rounds(session, 1L << 40, options), TaskCreationOptions.LongRunning);
        // The run would take years: whenever the end comes, it comes amid it or before it.
        await Task.Delay(50);

        options.Terminate = true;

        var error = await Assert.ThrowsAsync<OrtException>(() => run.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("terminate", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Throws<OrtException>(() => Rounds(session, 1, options));
        options.Terminate = false;
        Assert.Equal(1, Rounds(session, 3, options));
    }

    [Fact]
    public async Task Frees_a_session_only_when_the_run_in_flight_has_ended()
    {
        var session = Graphs.Open("loop");
        using var options = new RunOptions();
        var run = Task.Factory.StartNew(() => Rounds(session, 1L << 40, options), TaskCreationOptions.LongRunning);
        await Task.Delay(50);

        session.Dispose();

        Assert.False(run.IsCompleted && run.Exception?.InnerException is not ObjectDisposedException);
        options.Terminate = true;
        await Assert.ThrowsAnyAsync<Exception>(() => run.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void What_a_large_run_took_goes_back_to_the_system()
    {
        const long Bytes = 512L << 20;
        using var session = new OrtSession(Graphs.Environment, SpreadGraph(), new OrtSessionOptions { IntraOpThreads = 1 });
        using var trim = new ArenaTrim();
        using var x = TestTensor.Of<float>(OrtElementType.Float32, new float[1], 1);
        using var shape = TestTensor.Of<long>(OrtElementType.Int64, new long[] { Bytes / sizeof(float) }, 1);
        trim.GiveBack();
        var before = Environment.WorkingSet;
        session.Run(["x", "shape"], [x.Value, shape.Value], ["sum"]).Dispose();
        // The arena keeps it for the next run.
        Assert.InRange(Environment.WorkingSet - before, Bytes / 2, long.MaxValue);
        Assert.InRange(trim.GiveBack(), Bytes / 2, long.MaxValue);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, Bytes / 4);
    }

    [Fact]
    public void Does_not_grow_over_thousands_of_runs_and_hundreds_of_sessions()
    {
        using var session = Graphs.Open("sums");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, new float[512 * 8], 512, 8);
        using var ids = TestTensor.Of<long>(OrtElementType.Int64, new long[512 * 3], 512, 3);
        using var wrong = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        long Growth(int rounds)
        {
            long before = Resident();
            for (int round = 0; round < rounds; round++)
            {
                for (int run = 0; run < 100; run++)
                {
                    session.Run(["x", "ids"], [x.Value, ids.Value], ["total", "doubled"]).Dispose();
                }
                Assert.Throws<OrtException>(() => session.Run(["x"], [wrong.Value], ["total"]));
                Graphs.Open("types").Dispose();
                Assert.Throws<OrtException>(() => Graphs.Open("unknown_operator"));
            }
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Resident() - before;
        }

        const long Most = 15L << 20;
        Growth(100);
        // A leaked output a run would be 40 MB, a leaked session a round 20; the heaps settle after a thousand rounds, having grown by 10 to 20. What leaks
        // does so each time.
        long grown = Growth(200);
        for (int tries = 1; grown > Most && tries < 3; tries++)
            grown = Growth(200);
        Assert.InRange(grown, long.MinValue, Most);
    }

    [Fact]
    public void Leaves_the_processor_alone_while_idle()
    {
        using var session = Graphs.Open("product", new OrtSessionOptions { IntraOpThreads = 8 });
        using var a = TestTensor.Of<float>(OrtElementType.Float32, new float[512 * 512], 512, 512);
        using var process = Process.GetCurrentProcess();
        string[] names = [.. session.Inputs.Select(input => input.Name)];
        double[] used = new double[7];
        for (int round = 0; round < used.Length; round++)
        {
            for (int run = 0; run < 3; run++)
            {
                session.Run(names, [a.Value, a.Value], [session.Outputs[0].Name]).Dispose();
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
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [4, 2], 2);
        IDisposableReadOnlyCollection<OrtValue> outputs;
        using (var session = Graphs.Open("identity"))
            outputs = session.Run(["x"], [x.Value], ["y"]);

        Assert.Equal([4, 2], outputs[0].GetTensorDataAsSpan<float>().ToArray());
        outputs.Dispose();
    }

    [Fact]
    public unsafe void A_binding_allocates_the_same_little_for_any_batch()
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
        // Wrappers of outputs and handles, a few hundred bytes: nothing that grows with rows or tokens.
        Assert.Equal(Allocated(8), Allocated(512));
        Assert.InRange(Allocated(512), 0, 1024);

        long Allocated(int batch)
        {
            x.EnsureCapacity((nuint)(batch * 4 * sizeof(float)));
            ids.EnsureCapacity((nuint)(batch * 3 * sizeof(long)));
            binding.SetInput(0, x.Address, x.ByteLength, OrtElementType.Float32, [batch, 4]);
            binding.SetInput(1, ids.Address, ids.ByteLength, OrtElementType.Int64, [batch, 3]);
            binding.Run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 100; run++)
            {
                binding.SetInput(0, x.Address, x.ByteLength, OrtElementType.Float32, [batch, 4]);
                binding.Run();
                binding.Output<float>(1);
            }
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        }
    }

    [Fact]
    public unsafe void A_binding_reads_what_was_written_into_its_memory_since()
    {
        using var session = Graphs.Open("identity");
        using var x = new NativeBuffer(16);
        using var binding = new OrtBinding(session, [0], [0]);
        Assert.Throws<InvalidOperationException>(() => binding.Run());
        Assert.Throws<InvalidOperationException>(() => binding.Output<float>(0).Length);

        for (float round = 1; round < 4; round++)
        {
            x.As<float>(4).Fill(round);
            binding.SetInput(0, x.Address, 16, OrtElementType.Float32, [4]);
            binding.Run();
            Assert.Equal([round, round, round, round], binding.Output<float>(0).ToArray());
        }

        Assert.Throws<InvalidOperationException>(() => binding.Output<long>(0).Length);
    }

    private static float Rounds(OrtSession session, long rounds, RunOptions options)
    {
        using var count = TestTensor.Of<long>(OrtElementType.Int64, [rounds]);
        using var seed = TestTensor.Of<float>(OrtElementType.Float32, new float[64 * 64], 64, 64);
        using var outputs = session.Run([.. session.Inputs.Select(input => input.Name)], [count.Value, seed.Value], [session.Outputs[0].Name], options);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>A graph that takes as much memory for a run as it is told to: a number, spread over a shape, and summed.</summary>
    private static byte[] SpreadGraph()
    {
        var graph = new GraphProto
        {
            Name = "spread",
            Node =
            {
                new NodeProto { OpType = "Expand", Input = { "x", "shape" }, Output = { "all" } },
                new NodeProto { OpType = "ReduceSum", Input = { "all" }, Output = { "sum" } },
            },
            Input = { Tensor("x", TensorProto.Types.DataType.Float), Tensor("shape", TensorProto.Types.DataType.Int64) },
            Output = { Tensor("sum", TensorProto.Types.DataType.Float) },
        };
        return new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph }.ToByteArray();

        static ValueInfoProto Tensor(string name, TensorProto.Types.DataType type) => new()
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } } },
            },
        };
    }
}
