using Concord.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>What was written on the command line.</summary>
internal static class Arguments
{
    /// <summary>What .NET makes of bytes that are not UTF-8.</summary>
    private const char Replacement = '\ufffd';

    /// <summary>
    /// The arguments as they were given: .NET replaces bytes that are not UTF-8, and a file would not be found by such
    /// a
    /// name. The system still has the bytes.
    /// </summary>
    internal static string[] Exact(string[] args)
    {
        if (!OperatingSystem.IsLinux() || !Array.Exists(args, static arg => arg.Contains(Replacement))) return args;
        byte[] line = File.ReadAllBytes("/proc/self/cmdline");
        string[] all = Split(line);
        return all.Length >= args.Length ? all[^args.Length..] : args;
    }

    /// <summary>A zero ends each argument.</summary>
    internal static string[] Split(ReadOnlySpan<byte> line)
    {
        List<string> arguments = [];
        for (int end = line.IndexOf((byte)0); end >= 0; end = line.IndexOf((byte)0))
        {
            arguments.Add(PathBytes.Decode(line[..end]));
            line = line[(end + 1)..];
        }

        return [.. arguments];
    }
}
