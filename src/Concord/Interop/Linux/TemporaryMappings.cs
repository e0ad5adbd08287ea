namespace Concord.Interop.Linux;

/// <summary>
/// The temporary mappings of this library, for queries of a file or to write a range of it back. The process's list of
/// mappings shows them like any other, and soon afterwards their addresses are reused. So code that acts on that list
/// keeps them from changing meanwhile, and leaves them out.
/// </summary>
internal static class TemporaryMappings
{
    /// <summary>Owns <see cref="Living"/>, and the making and unmapping of such mappings.</summary>
    private static readonly Lock Gate = new();

    private static readonly List<(ulong Start, ulong End)> Living = [];

    /// <summary>
    /// Maps a part of a file, shared. Returns <see cref="Libc.MapFailed"/> and sets the last error if that fails.
    /// </summary>
    internal static nint Map(int descriptor, long offset, nint length, int protection)
    {
        lock (Gate)
        {
            nint address = Libc.Mmap(0, length, protection, Libc.MapShared, descriptor, offset);
            if (address != Libc.MapFailed) Living.Add(Ends(address, length));
            return address;
        }
    }

    /// <summary>Unmaps one of the mappings.</summary>
    internal static void Unmap(nint address, nint length)
    {
        lock (Gate)
        {
            Living.Remove(Ends(address, length));
            _ = Libc.Munmap(address, length);
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> while no other thread makes or unmaps one of the mappings.
    /// </summary>
    internal static T HeldStill<T>(Func<T> work)
    {
        lock (Gate) return work();
    }

    /// <summary>Whether an address lies in one of the mappings. Called within <see cref="HeldStill"/>.</summary>
    internal static bool Contain(ulong address) =>
        Living.Exists(mapping => address >= mapping.Start && address < mapping.End);

    private static (ulong Start, ulong End) Ends(nint address, nint length) =>
        ((ulong)address, (ulong)address + (ulong)length);
}
