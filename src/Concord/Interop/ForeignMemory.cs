using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Copies from and to addresses of foreign ranges by system calls. The thread waits for an absent page inside the
/// kernel, where a garbage collection does not wait for it, and a page that cannot be loaded is an error and no signal.
/// </summary>
internal static unsafe class ForeignMemory
{
    /// <summary>The pages that one call touches: as many as an extent has.</summary>
    private const int TouchedTogether = 64;

    /// <summary>Whether a byte of a buffer lies in a foreign range.</summary>
    internal static bool Meets(ReadOnlySpan<byte> buffer)
    {
        var ranges = ForeignRanges.Shared.Snapshot;
        return !ranges.IsEmpty && Meets(buffer, ranges);
    }

    /// <summary>Copies from one buffer to another, of which either may lie in foreign ranges.</summary>
    /// <returns>How many bytes were copied before one that cannot be read or written.</returns>
    internal static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // Make the source the local side of a write: a read would be refused for a remote
        // side that may only be written.
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var local = new IoVector((nint)from, source.Length);
            var remote = new IoVector((nint)to, source.Length);
            return (int)Math.Max(0, Libc.ProcessVmWritev(Environment.ProcessId, &local, 1, &remote, 1, 0));
        }
    }

    /// <summary>Reads a byte of each page, so that a mapping gets translations for present pages.</summary>
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
