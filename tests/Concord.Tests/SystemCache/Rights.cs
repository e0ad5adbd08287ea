using System.Globalization;

namespace Concord.Tests.SystemCache;

/// <summary>What this process may do, from its effective capabilities: root in a container often lacks some.</summary>
internal static class Rights
{
    private const int SetUser = 7, TraceProcesses = 19, Mount = 21, Nice = 23;

    private static readonly ulong Effective = ReadEffective();

    internal static bool MayTrim => Has(Nice) && Has(TraceProcesses);

    internal static bool MayMount => Has(Mount);

    internal static bool MayBecomeNobody => Has(SetUser);

    private static bool Has(int capability) => (Effective >> capability & 1) != 0;

    private static ulong ReadEffective()
    {
        const string Field = "CapEff:";
        if (!OperatingSystem.IsLinux()) return 0;
        string line = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return ulong.Parse(line[Field.Length..], NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite, null);
    }
}
