using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>The sessions of one loaded graph.</summary>
/// <param name="Narrow">Serves concurrent runs, each on few threads: the most texts a second.</param>
/// <param name="Wide">Serves a run that has the machine to itself on all threads: the soonest answer. Null where it gains nothing.</param>
internal sealed record ModelSessions(OrtSession Narrow, OrtSession? Wide) : IDisposable
{
    public void Dispose()
    {
        Narrow.Dispose();
        Wide?.Dispose();
    }
}
