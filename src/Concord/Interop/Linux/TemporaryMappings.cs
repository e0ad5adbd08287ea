namespace Concord.Interop.Linux;

/// <summary>
/// The mappings that this library makes for a moment, to ask about a file or to write a range of it back. They stand in
/// the process's list of mappings like any other, and a moment later their addresses are given to somebody else: so
/// whoever acts on that list holds them still meanwhile, and leaves them out.
/// </summary>
internal static class TemporaryMappings
{
    /// <summary>Guards <see cref="Living"/>, and that no such mapping is made or taken away.</summary>
    private static readonly Lock Gate = new();

    private static readonly List<(ulong Start, ulong End)> Living = [];

    /// <summary>Maps a part of a file, shared; <see cref="Libc.MapFailed"/> and the last error when it fails.</summary>
    internal static nint Map(int descriptor, long offset, nint length, int protection)
    {
        lock (Gate)
        {
            nint address = Libc.Mmap(0, length, protection, Libc.MapShared, descriptor, offset);
            if (address != Libc.MapFailed) Living.Add(Ends(address, length));
            return address;
        }
    }

    /// <summary>Takes one of the mappings away.</summary>
    internal static void Unmap(nint address, nint length)
    {
        lock (Gate)
        {
            Living.Remove(Ends(address, length));
            _ = Libc.Munmap(address, length);
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> while none of the mappings is made or taken away by another thread.
    /// </summary>
    internal static T HeldStill<T>(Func<T> work)
    {
        lock (Gate) return work();
    }

    /// <summary>Whether an address lies in one of the mappings; asked while they are held still.</summary>
    internal static bool Contain(ulong address) =>
        Living.Exists(mapping => address >= mapping.Start && address < mapping.End);

    private static (ulong Start, ulong End) Ends(nint address, nint length) =>
        ((ulong)address, (ulong)address + (ulong)length);
}
