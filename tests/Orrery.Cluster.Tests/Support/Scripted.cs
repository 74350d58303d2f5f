using System.Reflection;

namespace Orrery.Cluster.Tests.Support;

/// <summary>An interface of Orleans' whose calls all go to one function: for what a real one does only in a rare moment.</summary>
public class Scripted : DispatchProxy
{
    private Func<MethodInfo, object?[], object?> _call = null!;

    /// <summary>Makes one.</summary>
    /// <param name="call">What a method returns.</param>
    public static T Create<T>(Func<MethodInfo, object?[], object?> call) => (T)Make(typeof(T), call);

    /// <summary>A factory of grains that are all scripted.</summary>
    public static IGrainFactory Grains(Func<MethodInfo, object?> call) => Create<IGrainFactory>((get, _) => Make(get.GetGenericArguments()[0], (method, _) => call(method)));

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _call(targetMethod!, args ?? []);

    private static object Make(Type type, Func<MethodInfo, object?[], object?> call)
    {
        var proxy = Create(type, typeof(Scripted));
        ((Scripted)proxy)._call = call;
        return proxy;
    }
}
