using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>Patterns of names, held against names by the system's own rules.</summary>
internal static unsafe class NameMatch
{
    /// <summary>Whether a name matches a pattern; both end with a zero. POSIX: fnmatch.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    internal static bool Matches(byte[] pattern, byte[] name)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("patterns are matched on Linux only");
        fixed (byte* first = pattern, other = name) return Libc.MatchName(first, other, 0) == 0;
    }
}
