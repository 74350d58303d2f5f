namespace Orrery.Hosting.Startup;

/// <summary>What our programs say at their start although they go on.</summary>
public static class Notice
{
    /// <summary>Says which settings were passed over; nothing where there are none.</summary>
    /// <param name="passedOver">Names of settings that other processes of the project read.</param>
    /// <param name="program">Who says it.</param>
    public static void PassedOver(IReadOnlyList<string> passedOver, string program)
    {
        if (passedOver.Count > 0)
            Console.Error.WriteLine($"{program}: passed over, because other processes read it and this one does not: {string.Join(", ", passedOver)}");
    }
}
