using Concord.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>The arguments of the command line.</summary>
internal static class Arguments
{
    /// <summary>The character that .NET puts in place of bytes that are not UTF-8.</summary>
    private const char Replacement = '\ufffd';

    /// <summary>
    /// The arguments as they were given: .NET replaces bytes that are not UTF-8, and a file would not be found by such
    /// a name. The system still has the bytes.
    /// </summary>
    internal static string[] Exact(string[] args)
    {
        if (!OperatingSystem.IsLinux() || !Array.Exists(args, static arg => arg.Contains(Replacement))) return args;
        byte[] line = File.ReadAllBytes("/proc/self/cmdline");
        string[] all = Split(line);
        return all.Length >= args.Length ? all[^args.Length..] : args;
    }

    /// <summary>Splits the system's line of arguments, each of which ends with a zero.</summary>
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
