using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>The streams that the program writes to, and whether they are terminals.</summary>
internal static class StandardStreams
{
    private const int OutputDescriptor = 1, ErrorDescriptor = 2;

    internal static bool OutputIsTerminal => IsTerminal(OutputDescriptor);

    internal static bool ErrorIsTerminal => IsTerminal(ErrorDescriptor);

    internal static Stream OpenOutput() =>
        OperatingSystem.IsLinux() ? new DescriptorStream(OutputDescriptor) : Console.OpenStandardOutput();

    internal static Stream OpenError() =>
        OperatingSystem.IsLinux() ? new DescriptorStream(ErrorDescriptor, mayFail: true) : Console.OpenStandardError();

    private static bool IsTerminal(int descriptor)
    {
        if (OperatingSystem.IsLinux()) return Libc.IsATerminal(descriptor) == 1;
        return descriptor == OutputDescriptor ? !Console.IsOutputRedirected : !Console.IsErrorRedirected;
    }

    /// <summary>Columns and rows of the terminal that standard output is; 0 for what it does not tell.</summary>
    /// <remarks>
    /// <see cref="Console"/> would tell it too, but first sends the terminal an unwanted sequence that switches its
    /// keypad.
    /// </remarks>
    internal static unsafe (int Columns, int Rows) TerminalSize()
    {
        if (!OperatingSystem.IsLinux()) return (Console.WindowWidth, Console.WindowHeight);
        TerminalSize size = default;
        return Libc.TerminalControl(OutputDescriptor, Libc.GetTerminalSize, &size) == 0
            ? (size.Columns, size.Rows)
            : (0, 0);
    }
}
