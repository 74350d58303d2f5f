using System.Reflection;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Support;

/// <summary>A store that answers nothing until its caller gives up.</summary>
public class SilentStore : DispatchProxy
{
    public static IVectorStore Make() => Create<IVectorStore, SilentStore>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => args is [.., CancellationToken cancellation]
        ? typeof(SilentStore).GetMethod(nameof(NeverAsync))!.MakeGenericMethod(targetMethod!.ReturnType.GetGenericArguments()).Invoke(null, [cancellation])
        : targetMethod!.ReturnType == typeof(string) ? "default" : default(ValueTask);

    public static async ValueTask<T> NeverAsync<T>(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        throw new InvalidOperationException("nobody ends this");
    }
}
