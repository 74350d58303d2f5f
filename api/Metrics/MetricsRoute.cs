using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Metrics;

/// <summary><c>/metrics</c>: Orrery's instruments and the process they run in.</summary>
internal sealed class MetricsRoute(MetricsCollector collector)
{
    public Task RunAsync(HttpContext context)
    {
        var text = new PrometheusText();
        collector.Scrape(text);
        WriteProcess(text);
        context.Response.ContentType = PrometheusText.ContentType;
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static void WriteProcess(PrometheusText text)
    {
        using var process = Process.GetCurrentProcess();
        text.Single("process_cpu_seconds_total", "CPU time of the process.", MetricKind.Counter, Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Single("process_resident_memory_bytes", "Memory of the process that is in RAM.", MetricKind.Gauge, Environment.WorkingSet);
        text.Single(
            "process_start_time_seconds", "When the process started, since the Unix epoch.", MetricKind.Gauge,
            (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        text.Single("dotnet_gc_heap_bytes", "Managed heap after the last collection.", MetricKind.Gauge, GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes);
        text.Single("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap.", MetricKind.Counter, GC.GetTotalAllocatedBytes());
        text.Head("dotnet_gc_collections_total", "Garbage collections.", MetricKind.Counter);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            text.Sample("dotnet_gc_collections_total", $"generation=\"{generation}\"", GC.CollectionCount(generation));
        text.Single("dotnet_threadpool_threads", "Threads of the pool.", MetricKind.Gauge, ThreadPool.ThreadCount);
        text.Single("dotnet_threadpool_queue_length", "Work items waiting for a pool thread.", MetricKind.Gauge, ThreadPool.PendingWorkItemCount);
    }
}
