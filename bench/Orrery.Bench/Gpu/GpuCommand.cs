using System.CommandLine;

namespace Orrery.Bench.Gpu;

/// <summary>The checks that bench/gpu/prove makes on a machine with an accelerator, one a command; each ends with 0 when what it names holds.</summary>
internal static class GpuCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "The encoder.", DefaultValueFactory = _ => "all-minilm-l6-v2" };
        var device = new Option<string>("--device") { Description = "The execution provider that must run it.", DefaultValueFactory = _ => "cuda" };
        var times = new Option<int>("--times") { Description = "How often it is loaded.", DefaultValueFactory = _ => 50 };

        var runs = new Command("runs", "Whether the provider itself computes the model's products, by ONNX Runtime's own profile.") { model, device };
        runs.SetAction(parsed => ProviderCheck.Run(parsed.GetValue(model)!, parsed.GetValue(device)!));
        var same = new Command("same", "Whether embeddings equal the CPU's.") { model, device };
        same.SetAction(parsed => SameCheck.RunAsync(parsed.GetValue(model)!, parsed.GetValue(device)!));
        var silos = new Command("silos", "Whether a silo of each pool runs the model that is pinned to it.") { model, device };
        silos.SetAction(parsed => SilosCheck.RunAsync(parsed.GetValue(model)!, parsed.GetValue(device)!));
        var loads = new Command("loads", "Whether memory comes back when a model is loaded again and again.") { model, device, times };
        loads.SetAction(parsed => LoadsCheck.RunAsync(parsed.GetValue(model)!, parsed.GetValue(device)!, parsed.GetValue(times)));
        return new Command("gpu", "Checks on a machine with an accelerator; bench/gpu/prove runs them all.") { runs, same, silos, loads };
    }

    /// <summary>Says how a check came out.</summary>
    /// <returns>The exit code.</returns>
    public static int Say(bool holds, string what)
    {
        Console.WriteLine($"{(holds ? "holds" : "DOES NOT HOLD")}: {what}");
        return holds ? 0 : 1;
    }
}
