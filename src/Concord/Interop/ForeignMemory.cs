using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Copies from and to addresses of foreign ranges by calls of the system: the thread waits for an absent page inside
/// the kernel, where a collection does not wait for it, and a page that cannot be had is an answer and no signal.
/// </summary>
internal static unsafe class ForeignMemory
{
    /// <summary>Pages that one call touches: an extent's.</summary>
    private const int TouchedTogether = 64;

    /// <summary>Whether some byte of a buffer lies in a foreign range.</summary>
    internal static bool Meets(ReadOnlySpan<byte> buffer)
    {
        var ranges = ForeignRanges.Shared.Snapshot;
        return !ranges.IsEmpty && Meets(buffer, ranges);
    }

    /// <summary>Copies from one buffer to another, of which either may lie in foreign ranges.</summary>
    /// <returns>How many bytes were copied before one that cannot be read or written.</returns>
    internal static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // The source is the local side of a write: the remote side of a read is refused pages that may only be written.
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var local = new IoVector((nint)from, source.Length);
            var remote = new IoVector((nint)to, source.Length);
            return (int)Math.Max(0, Libc.ProcessVmWritev(Environment.ProcessId, &local, 1, &remote, 1, 0));
        }
    }

    /// <summary>Reads a byte of each page, so that a mapping gets translations for what is there.</summary>
    internal static void Touch(nint start, nint length)
    {
        nint page = Environment.SystemPageSize;
        IoVector* pages = stackalloc IoVector[TouchedTogether];
        byte* seen = stackalloc byte[TouchedTogether];
        for (nint at = start, end = start + length; at < end;)
        {
            int count = 0;
            for (; at < end && count < TouchedTogether; at += page) pages[count++] = new IoVector(at, 1);
            var remote = new IoVector((nint)seen, count);
            if (Libc.ProcessVmWritev(Environment.ProcessId, pages, (nuint)count, &remote, 1, 0) < 0) return;
        }
    }

    private static bool Meets(ReadOnlySpan<byte> buffer, AddressTable<IForeignRange>.Snapshot ranges)
    {
        fixed (byte* first = buffer)
        {
            return ranges.TryFind((nuint)first, out var next) && next.Start < (nuint)first + (nuint)buffer.Length;
        }
    }
}
