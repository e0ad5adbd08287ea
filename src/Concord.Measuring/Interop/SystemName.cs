using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop;

/// <summary>The system that figures were measured on, without names of people, machines or paths.</summary>
internal static class SystemName
{
    internal static string Value =>
        $"{(OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription)} "
            + $"{Environment.OSVersion.Version.ToString(3)}";
}
