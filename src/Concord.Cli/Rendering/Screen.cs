using System.Text;
using Concord.Cli.Interop;
using Concord.Cli.Running;
using Spectre.Console;

namespace Concord.Cli.Rendering;

/// <summary>The terminal, drawn on with Spectre.Console. Made only if the output is a terminal.</summary>
internal static class Screen
{
    private const int WidthFallback = 80, HeightFallback = 24;

    /// <summary>The console over standard output; colours unless NO_COLOR or the terminal says otherwise.</summary>
    internal static IAnsiConsole Open(Output output) => Open(output.Text, output.IsUtf8);

    internal static IAnsiConsole Open(TextWriter writer, bool utf8)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new Terminal(writer) });
        console.Profile.Capabilities.Unicode = utf8;
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
        {
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        }

        return console;
    }

    private sealed class Terminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width { get; } = StandardStreams.TerminalSize().Columns is > 0 and var columns
            ? columns
            : WidthFallback;

        public int Height { get; } = StandardStreams.TerminalSize().Rows is > 0 and var rows ? rows : HeightFallback;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
