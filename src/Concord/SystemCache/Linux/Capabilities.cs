using System.Globalization;

namespace Concord.SystemCache.Linux;

/// <summary>The rights of this process beyond those of its user. Linux: capabilities(7).</summary>
internal static class Capabilities
{
    private const int TraceBit = 19;
    private const string Effective = "CapEff:";

    /// <summary>Whether it may inspect processes of other users (CAP_SYS_PTRACE).</summary>
    internal static bool MayTrace
    {
        get
        {
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (!line.StartsWith(Effective, StringComparison.Ordinal)) continue;
                ReadOnlySpan<char> field = line.AsSpan(Effective.Length).Trim();
                return ulong.TryParse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong rights)
                    && (rights >> TraceBit & 1) != 0;
            }

            return false;
        }
    }
}
