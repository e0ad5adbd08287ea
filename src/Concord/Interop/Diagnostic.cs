namespace Concord.Interop;

/// <summary>
/// Writes a line before a signal, past every lock and buffer of this process. The reader of the stream may be the
/// thread that waits for a page, so a thread of its own writes, and the caller waits at most a second for it.
/// </summary>
internal static class Diagnostic
{
    private static readonly TimeSpan LimitOfWait = TimeSpan.FromSeconds(1);

    private static readonly object Gate = new();
    private static byte[]? Pending;
    private static bool HasStarted;

    /// <summary>Writes a line to the standard error stream, or gives up after a second.</summary>
    internal static void Say(byte[] line)
    {
        lock (Gate)
        {
            // Without a thread the line is dropped, and the next one tries again.
            if (!HasStarted && !TryStart()) return;
            HasStarted = true;

            // Write one line at a time; while the stream does not take the last one, the next is dropped.
            if (Pending is not null) return;
            Pending = line;
            Monitor.PulseAll(Gate);
            while (Pending == line && Monitor.Wait(Gate, LimitOfWait))
            {
            }
        }
    }

    private static bool TryStart()
    {
        try
        {
            new Thread(Run) { Name = "Concord: diagnostics", IsBackground = true }.UnsafeStart();
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The system gives no further thread.
            return false;
        }
    }

    private static void Run()
    {
        while (true)
        {
            byte[] line;
            lock (Gate)
            {
                while (Pending is null) Monitor.Wait(Gate);
                line = Pending;
            }

            SharedMemory.Complain(line);
            lock (Gate)
            {
                Pending = null;
                Monitor.PulseAll(Gate);
            }
        }
    }
}
