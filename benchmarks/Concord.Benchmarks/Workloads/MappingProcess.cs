using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Another process that maps the file: this program again. It answers each line with a line, so that nobody waits
/// by sleeping, and ends when its input does.
/// </summary>
internal sealed class MappingProcess : IDisposable
{
    /// <summary>The argument that makes this program the other process.</summary>
    public const string Argument = "--map";

    private const string Ready = "ready";

    private readonly Process _process;

    public MappingProcess(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // Started as "dotnet Concord.Benchmarks.dll", the program is the assembly, not the process's own file.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(MappingProcess).Assembly.Location);
        start.ArgumentList.Add(Argument);
        start.ArgumentList.Add(path);
        _process = Process.Start(start)!;
    }

    /// <summary>Has the other process touch every page, and returns when it has.</summary>
    public void Touch()
    {
        _process.StandardInput.WriteLine("touch");
        _process.StandardInput.Flush();
        if (_process.StandardOutput.ReadLine() != Ready)
            throw new InvalidOperationException("the process that maps the file ended early");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>The other process: maps the file and touches it once for each line it reads.</summary>
    public static int Run(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var mapping = new FileMapping(file, RandomAccess.GetLength(file));
        while (Console.ReadLine() is not null)
        {
            mapping.Touch();
            Console.WriteLine(Ready);
        }

        return 0;
    }
}
