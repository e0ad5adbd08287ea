using System.Runtime.InteropServices;
using Concord.Measuring.Interop;

namespace Concord.Measuring;

/// <summary>Describes the machine, without names of people, machines or paths.</summary>
internal static class Machine
{
    internal static IReadOnlyList<(string Name, string Value)> Describe(string fileSystem) =>
    [
        ("processor", $"{ProcessorModel()}, {Environment.ProcessorCount} usable"),
        ("architecture", RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()),
        ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)Sizes.GiB:0} GiB"),
        ("system", SystemName.Value),
        ("file system", fileSystem),
        (".NET", Environment.Version.ToString()),
    ];

    private static string ProcessorModel()
    {
        const string Key = "model name";
        if (!File.Exists("/proc/cpuinfo")) return "processor of unknown model";
        string? line = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? "processor of unknown model" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
