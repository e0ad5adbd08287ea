using System.Text;
using Concord.Cli.Running;
using Spectre.Console;

namespace Concord.Cli.Rendering;

/// <summary>The terminal, drawn on with Spectre.Console. Made only when a person watches.</summary>
internal static class Screen
{
    private const int WidthFallback = 80;

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

        public int Width => Size(() => Console.WindowWidth, WidthFallback);

        public int Height => Size(() => Console.WindowHeight, 24);

        public void SetEncoding(Encoding encoding)
        {
        }

        private static int Size(Func<int> ask, int fallback)
        {
            try
            {
                int size = ask();
                return size > 0 ? size : fallback;
            }
            catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
            {
                // A terminal that does not tell its size still takes lines.
                return fallback;
            }
        }
    }
}
