using System.Diagnostics;
using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>
/// Keys of the terminal that standard input is, as they are pressed and not shown. Ctrl-C and the like stay signals.
/// Where standard input is no terminal there are no keys.
/// </summary>
/// <remarks>
/// <see cref="Console"/> reads keys too, but first sends the terminal an unwanted sequence that switches its keypad.
/// </remarks>
internal sealed unsafe class KeyReader : IDisposable
{
    /// <summary>How long one read waits: the unit of the terminal's own timer.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.1);

    private readonly TerminalModes _before;
    private readonly bool _hasKeys;

    internal KeyReader()
    {
        if (!OperatingSystem.IsLinux() || Libc.IsATerminal(Libc.StandardInput) != 1) return;
        TerminalModes modes = default;
        if (Libc.GetTerminalModes(Libc.StandardInput, &modes) != 0) return;
        _before = modes;
        modes.Local &= ~(TerminalModes.Canonical | TerminalModes.Echo);
        modes.Characters[TerminalModes.MinimumAt] = 0;
        modes.Characters[TerminalModes.TimeAt] = 1;
        _hasKeys = Libc.SetTerminalModes(Libc.StandardInput, 0, &modes) == 0;
    }

    /// <summary>Waits for a key; null when the time has passed, or when it was cancelled.</summary>
    internal char? Read(TimeSpan time, CancellationToken cancellationToken)
    {
        if (!_hasKeys)
        {
            _ = cancellationToken.WaitHandle.WaitOne(time);
            return null;
        }

        long start = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            byte key;
            nint read = Libc.ReadInput(Libc.StandardInput, &key, 1);
            if (read == 1) return (char)key;

            // The last tick may be longer than what is left; a person does not see that.
            if (Stopwatch.GetElapsedTime(start) + Tick > time) break;
        }

        return null;
    }

    /// <summary>Sets the terminal as it was.</summary>
    public void Dispose()
    {
        if (!_hasKeys) return;
        TerminalModes modes = _before;
        _ = Libc.SetTerminalModes(Libc.StandardInput, 0, &modes);
    }
}
