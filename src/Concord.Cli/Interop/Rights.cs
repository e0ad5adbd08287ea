using System.Globalization;

namespace Concord.Cli.Interop;

/// <summary>The rights of this process over other processes.</summary>
internal static class Rights
{
    /// <summary>
    /// The right to take pages out of another process's mapping. Linux: capabilities(7), process_madvise(2).
    /// </summary>
    internal const string TrimRight = "CAP_SYS_NICE";

    private const int TrimRightBit = 23, LockRightBit = 14;
    private const string Field = "CapEff:";

    /// <summary>Whether this process has it; null when the system does not tell.</summary>
    internal static bool? MayTrim() => Has(TrimRightBit);

    /// <summary>
    /// Whether this process may lock any amount of memory (CAP_IPC_LOCK); null when the system does not tell.
    /// </summary>
    internal static bool? MayLock() => Has(LockRightBit);

    private static bool? Has(int bit)
    {
        if (!OperatingSystem.IsLinux()) return null;
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (!line.StartsWith(Field, StringComparison.Ordinal)) continue;
            return ulong.TryParse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber,
                CultureInfo.InvariantCulture, out ulong rights)
                ? (rights & (1UL << bit)) != 0
                : null;
        }

        return null;
    }
}
