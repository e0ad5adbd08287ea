using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Copies from and to addresses of foreign ranges by calls of the system: the thread waits for an absent page inside the
/// kernel, where a collection does not wait for it, and a page that cannot be had is an answer and no signal.
/// </summary>
internal static unsafe class ForeignMemory
{
    /// <summary>Whether some byte of a buffer lies in a foreign range.</summary>
    internal static bool Meets(ReadOnlySpan<byte> buffer)
    {
        var ranges = ForeignRanges.Shared.Snapshot;
        return ranges.Length != 0 && Meets(buffer, ranges);
    }

    /// <summary>Copies out of a buffer that may lie in foreign ranges.</summary>
    /// <returns>How many bytes were copied before one that cannot be read.</returns>
    internal static int Read(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var local = new IoVector((nint)to, source.Length);
            var remote = new IoVector((nint)from, source.Length);
            return (int)Math.Max(0, Libc.ProcessVmReadv(Environment.ProcessId, &local, 1, &remote, 1, 0));
        }
    }

    /// <summary>Copies into a buffer that may lie in foreign ranges.</summary>
    /// <returns>How many bytes were copied before one that cannot be written.</returns>
    internal static int Write(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var local = new IoVector((nint)from, source.Length);
            var remote = new IoVector((nint)to, source.Length);
            return (int)Math.Max(0, Libc.ProcessVmWritev(Environment.ProcessId, &local, 1, &remote, 1, 0));
        }
    }

    private static bool Meets(ReadOnlySpan<byte> buffer, ReadOnlySpan<ForeignRanges.Entry> ranges)
    {
        fixed (byte* first = buffer)
        {
            int index = ForeignRanges.FirstEndingAfter(ranges, (nuint)first);
            return index < ranges.Length && ranges[index].Start < (nuint)first + (nuint)buffer.Length;
        }
    }
}
