using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks;

internal static class Program
{
    // The program is also the other process that maps a file.
    private static int Main(string[] args) =>
        args is [MappingProcess.Argument, var path] ? MappingProcess.Run(path) : CommandLine.Run(args);
}
