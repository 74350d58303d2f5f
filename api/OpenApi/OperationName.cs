using System.Globalization;
using System.Text;

namespace Orrery.Api.OpenApi;

/// <summary>What code that is made from the document calls an operation: its verb and its path, <c>getV2ModelsByModelReady</c> say. Stable as long as the route is.</summary>
internal static class OperationName
{
    /// <param name="method">The verb.</param>
    /// <param name="path">The route's pattern, without its first slash.</param>
    public static string Of(string method, string path)
    {
        var name = new StringBuilder(method.ToLowerInvariant());
        foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment[0] == '{')
                name.Append("By");
            foreach (var word in segment.Split(['{', '}', '*', '_', '-', '.'], StringSplitOptions.RemoveEmptyEntries))
                name.Append(char.ToUpper(word[0], CultureInfo.InvariantCulture)).Append(word[1..]);
        }

        return name.ToString();
    }
}
