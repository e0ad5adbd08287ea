using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>The standard streams of the program, and whether they are terminals.</summary>
internal static class StandardStreams
{
    private const int InputDescriptor = 0, OutputDescriptor = 1, ErrorDescriptor = 2;

    internal static bool OutputIsTerminal => IsTerminal(OutputDescriptor);

    internal static bool ErrorIsTerminal => IsTerminal(ErrorDescriptor);

    /// <summary>Standard input, to be read.</summary>
    /// <exception cref="IOException">The program was started without one.</exception>
    internal static Stream OpenInput() => StandardDescriptors.IsGiven(InputDescriptor)
        ? Console.OpenStandardInput()
        : throw new IOException("standard input is closed; connect what is to be read, or name a file");

    internal static Stream OpenOutput() => OperatingSystem.IsLinux()
        ? new DescriptorStream(StandardDescriptors.ForOutput(OutputDescriptor))
        : Console.OpenStandardOutput();

    internal static Stream OpenError() => OperatingSystem.IsLinux()
        ? new DescriptorStream(StandardDescriptors.ForOutput(ErrorDescriptor), mayFail: true)
        : Console.OpenStandardError();

    /// <summary>Whether something was written to a stream from here, where that is known.</summary>
    internal static bool IsUsed(Stream stream) => stream is DescriptorStream { IsUsed: true };

    private static bool IsTerminal(int descriptor)
    {
        if (OperatingSystem.IsLinux()) return Libc.IsATerminal(StandardDescriptors.ForOutput(descriptor)) == 1;
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
