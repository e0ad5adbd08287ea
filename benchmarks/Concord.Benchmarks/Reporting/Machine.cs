using System.Runtime.InteropServices;
using Concord.Benchmarks.Harness;

namespace Concord.Benchmarks.Reporting;

/// <summary>Describes the machine, without names of people, machines or paths.</summary>
internal static class Machine
{
    public static IReadOnlyList<(string Name, string Value)> Describe(string directory) =>
    [
        ("processor", $"{ProcessorModel()}, {PinnedThread.Processors.Length} usable"),
        ("architecture", RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()),
        ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)Sizes.GiB:0} GiB"),
        ("system", $"{(OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription)} {Environment.OSVersion.Version.ToString(3)}"),
        ("file system", DiskDirectory.FileSystemOf(directory)),
        (".NET", Environment.Version.ToString()),
    ];

    private static string ProcessorModel()
    {
        const string Key = "model name";
        if (!File.Exists("/proc/cpuinfo")) return "processor of unknown model";
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? "processor of unknown model" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
