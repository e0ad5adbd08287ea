using System.Buffers.Text;

namespace Concord.Interop.Linux;

/// <summary>The status of a thread of this process (/proc/self/task/N/stat).</summary>
internal static unsafe class ThreadStatus
{
    private const int PathBytesMax = 64, StatusBytesMax = 1024;

    /// <summary>
    /// The field that names the processor is the 37th behind the thread's name, which alone may contain spaces.
    /// </summary>
    private const int ProcessorField = 37;

    /// <summary>
    /// The processor on which a thread ran last, or -1. Called while the thread may wait, so it allocates nothing.
    /// </summary>
    internal static int ProcessorOf(int thread)
    {
        Span<byte> path = stackalloc byte[PathBytesMax];
        "/proc/self/task/"u8.CopyTo(path);
        int length = "/proc/self/task/"u8.Length;
        Utf8Formatter.TryFormat(thread, path[length..], out int digits);
        "/stat\0"u8.CopyTo(path[(length + digits)..]);
        int descriptor;
        fixed (byte* name = path) descriptor = Libc.OpenNumber(name, Libc.OpenReadOnly | Libc.OpenCloseOnExec);
        if (descriptor < 0) return -1;
        byte* status = stackalloc byte[StatusBytesMax];
        nint read = Libc.Read(descriptor, status, StatusBytesMax);
        _ = Libc.Close(descriptor);
        return read <= 0 ? -1 : ProcessorIn(new ReadOnlySpan<byte>(status, (int)read));
    }

    /// <summary>The processor in such a line, or -1.</summary>
    internal static int ProcessorIn(ReadOnlySpan<byte> status)
    {
        var rest = status[(status.LastIndexOf((byte)')') + 1)..];
        for (int field = 0; field < ProcessorField; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0) return -1;
            rest = rest[(space + 1)..];
        }

        return Utf8Parser.TryParse(rest, out int processor, out _) ? processor : -1;
    }
}
