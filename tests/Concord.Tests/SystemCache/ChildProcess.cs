using System.Diagnostics;

namespace Concord.Tests.SystemCache;

/// <summary>A child of a test that is spoken to by lines, and ended with the test.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    internal ChildProcess(string name, params string[] args)
        : this([], name, args)
    {
    }

    internal ChildProcess(Dictionary<string, string> environment, string name, params string[] args) =>
        _process = Child.Start(environment, name, args);

    internal int Id => _process.Id;

    internal string Read() => _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException(
            $"the child ended (code {(_process.WaitForExit(5000) ? _process.ExitCode : -1)})");

    internal void Expect(string line) => Assert.Equal(line, Read());

    internal void Say(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Closes its input and returns what else it says, when it has ended well.</summary>
    internal string Finish()
    {
        _process.StandardInput.Close();
        string rest = _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        Assert.Equal(0, _process.ExitCode);
        return rest;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
