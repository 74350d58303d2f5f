using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orrery.Engine;
using Orrery.Grains.Registry;
using Orrery.Interfaces;

namespace Orrery.Cluster.Tests.Compatibility;

/// <summary>
/// All by which processes of two versions understand each other, as text, a line a fact: the ids of grains, of their interfaces and methods; types with
/// the ids of their members; what travels as JSON by name; the numbers of enumerations; what storage keeps by the names of types.
/// </summary>
internal static class WireContract
{
    private static readonly Assembly[] _ours = [typeof(IModelGrain).Assembly, typeof(RegistryGrain).Assembly];

    public static List<string> Of(IServiceProvider services)
    {
        var lines = new List<string>();
        var seen = new HashSet<Type>();
        var reached = new Queue<Type>();
        var (grains, interfaces) = (services.GetRequiredService<GrainTypeResolver>(), services.GetRequiredService<GrainInterfaceTypeResolver>());
        foreach (var type in _ours.SelectMany(assembly => assembly.GetTypes()).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            if (type.IsClass && !type.IsAbstract && type.IsAssignableTo(typeof(Grain)))
            {
                lines.Add($"grain {grains.GetGrainType(type)}");
            }
            else if (type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))
            {
                foreach (var method in type.GetMethods())
                {
                    lines.Add($"interface {interfaces.GetGrainInterfaceType(type)} method {Alias(method)}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}) gives {Name(method.ReturnType)}");
                    foreach (var used in method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
                        Reach(used);
                }
            }
            else if (type.IsDefined(typeof(GenerateSerializerAttribute)) && !type.IsEnum)
            {
                lines.Add($"type {Alias(type)}");
                foreach (var (member, id) in Members(type))
                {
                    var used = member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;
                    lines.Add($"type {Alias(type)} member {id} is {Name(used)}");
                    Reach(used);
                }
            }
        }

        while (reached.TryDequeue(out var type))
        {
            if (type.IsEnum)
            {
                lines.AddRange(Enum.GetValues(type).Cast<object>().Select(value => $"enum {Name(type)} {Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)} is {value}"));
            }
            else if (type.Assembly == typeof(ModelInfo).Assembly)
            {
                // As JSON, by WireSerialization.
                foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
                {
                    lines.Add($"json {Name(type)} {property.Name} is {(property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "")}{Name(property.PropertyType)}");
                    Reach(property.PropertyType);
                }
            }
        }

        // The provider stores a grain's state under the state's name, and in it the names of its types.
        foreach (var grain in _ours[1].GetTypes().Where(type => type.IsAssignableTo(typeof(Grain))))
        {
            foreach (var parameter in grain.GetConstructors().SelectMany(constructor => constructor.GetParameters()))
            {
                if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } stored)
                    Store(stored.StateName, parameter.ParameterType.GetGenericArguments()[0], []);
            }
        }

        return [.. lines.Distinct().Order(StringComparer.Ordinal)];

        void Reach(Type type)
        {
            foreach (var part in Parts(type))
            {
                if (seen.Add(part))
                    reached.Enqueue(part);
            }
        }

        void Store(string state, Type type, HashSet<Type> written)
        {
            foreach (var part in Parts(type).Where(part => !part.IsEnum && (_ours.Contains(part.Assembly) || part.Assembly == typeof(ModelInfo).Assembly) && written.Add(part)))
            {
                foreach (var property in part.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
                {
                    lines.Add($"state {state} {part.FullName}, {part.Assembly.GetName().Name} {property.Name} is {Name(property.PropertyType)}");
                    Store(state, property.PropertyType, written);
                }
            }
        }
    }

    private static IEnumerable<(MemberInfo Member, uint Id)> Members(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
        .Select(member => (Member: member, member.GetCustomAttribute<IdAttribute>()?.Id))
        .Where(pair => pair.Id is not null)
        .Select(pair => (pair.Member, pair.Id!.Value))
        .OrderBy(pair => pair.Value);

    /// <summary>The name that goes over the wire; none is a mistake of its own.</summary>
    private static string Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{member.DeclaringType?.Name}.{member.Name} WITHOUT AN ALIAS";

    /// <summary>A type and all that it is made of.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
            return type.Name;
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        var name = _ours.Contains(type.Assembly) && type.GetCustomAttribute<AliasAttribute>() is { } alias ? alias.Alias : type.FullName ?? type.Name;
        if (!type.IsGenericType)
            return name;
        var text = new StringBuilder(name.Split('`')[0]);
        return text.Append('<').AppendJoin(", ", type.GetGenericArguments().Select(Name)).Append('>').ToString();
    }
}
