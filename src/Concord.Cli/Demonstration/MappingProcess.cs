using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Cli.Interop;
using Concord.Cli.Running;

namespace Concord.Cli.Demonstration;

/// <summary>
/// The second process, which maps the file: this program again. The two communicate by lines: <c>touch</c> reads a byte
/// of each page, <c>unmap</c> ends the mapping; each is answered by <c>done</c>. The end of its input ends the process.
/// </summary>
internal sealed class MappingProcess : IDisposable
{
    private const string Touch = "touch", UnmapLine = "unmap", Done = "done";
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    private readonly Process _process;

    private MappingProcess(Process process) => _process = process;

    internal int Id => _process.Id;

    /// <summary>Starts the process; when this returns it maps the file and has read every page.</summary>
    internal static MappingProcess Start(string path)
    {
        var mapping = new MappingProcess(SelfProcess.Start(Commands.MapCommand.Name, path));
        try
        {
            mapping.TouchPages();
            return mapping;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    internal void TouchPages() => Ask(Touch);

    internal void Unmap() => Ask(UnmapLine);

    public void Dispose()
    {
        _process.StandardInput.Dispose();
        if (!_process.WaitForExit(EndMax)) _process.Kill();
        _process.Dispose();
    }

    /// <summary>The second process itself.</summary>
    internal static int Serve(string path, Output output)
    {
        // Ctrl-C is for the first process; this one ends when that one closes the pipe.
        using PosixSignalRegistration ignored = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = true);
        using MappedFile file = MappedFile.Open(path);
        while (Console.In.ReadLine() is { } line)
        {
            if (line == Touch) file.Touch();
            else if (line == UnmapLine) file.Unmap();
            else return ExitCode.Error;
            output.Text.WriteLine(Done);
            output.Flush();
        }

        return ExitCode.Done;
    }

    private void Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        if (_process.StandardOutput.ReadLine() != Done) throw new IOException("the second process ended too early");
    }
}
