using Concord.Interop.Linux;

namespace Concord.Tests.Processor;

/// <summary>
/// Memory mapped for a test, by the system call itself, since the tests are about what it can get wrong.
/// </summary>
internal sealed unsafe class Mapping : IDisposable
{
    private const int NoReserve = 0x4000;

    /// <summary>Far below where the system looks first for room: nobody else is given a hole there.</summary>
    private const long FarAway = 0x1000_0000_0000, FarApart = 1L << 32;

    private static long HolesMade;

    private readonly nint _length;
    private readonly string? _path;

    private Mapping(nint address, nint length, string? path)
    {
        if (address == Libc.MapFailed) throw Libc.LastError("map memory for a test");
        Address = address;
        _length = length;
        _path = path;
    }

    public nint Address { get; }

    /// <summary>Bytes in it that are not mapped, and are not this mapping's any more; none if empty.</summary>
    public (nint Offset, nint Length) Hole { get; private init; }

    public int ResidentPages => Residency(Address, _length).Count(p => (p & 1) != 0);

    public static Mapping Anonymous(nint length, int protection)
    {
        SkipElsewhere();
        return new Mapping(Libc.Mmap(0, length, protection, Libc.MapPrivate | Libc.MapAnonymous | NoReserve, -1, 0),
            length, null);
    }

    /// <summary>Memory with a hole, where nothing else of the process comes to lie while the test runs.</summary>
    public static Mapping WithHole(nint length, nint holeOffset, nint holeLength)
    {
        SkipElsewhere();
        nint hint = (nint)(FarAway + (Interlocked.Increment(ref HolesMade) * FarApart));
        nint address = Libc.Mmap(hint, length, Libc.ProtRead | Libc.ProtWrite,
            Libc.MapPrivate | Libc.MapAnonymous | NoReserve, -1, 0);
        var mapping = new Mapping(address, length, null) { Hole = (holeOffset, holeLength) };
        Assert.Equal(0, Libc.Munmap(address + holeOffset, holeLength));
        return mapping;
    }

    /// <summary>Maps more of a file than there is.</summary>
    public static Mapping File(int fileBytes, int length, bool isPrivate)
    {
        SkipElsewhere();
        string path = Path.GetTempFileName();
        using var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(file, new byte[fileBytes], 0);
        int flags = isPrivate ? Libc.MapPrivate : Libc.MapShared;
        return new Mapping(Libc.Mmap(0, length, Libc.ProtRead | Libc.ProtWrite, flags, file, 0), length, path);
    }

    /// <summary>Maps more, or as much, of a memory file than there is.</summary>
    public static Mapping MemoryFile(long fileBytes, nint length)
    {
        SkipElsewhere();
        using var file = Libc.MemfdCreate("concord-test", Libc.MfdCloseOnExec);
        RandomAccess.SetLength(file, fileBytes);
        return new Mapping(Libc.Mmap(0, length, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared | NoReserve, file, 0),
            length, null);
    }

    public bool IsResident(nint address) => (Residency(address, Environment.SystemPageSize)[0] & 1) != 0;

    public void Dispose()
    {
        nint behind = Hole.Offset + Hole.Length;
        if (Hole.Offset > 0) _ = Libc.Munmap(Address, Hole.Offset);
        if (behind < _length) _ = Libc.Munmap(Address + behind, _length - behind);
        if (_path is not null) System.IO.File.Delete(_path);
    }

    private static byte[] Residency(nint address, nint length)
    {
        int page = Environment.SystemPageSize;
        var pages = new byte[(length + page - 1) / page];
        fixed (byte* first = pages)
        {
            if (Libc.Mincore(address & -page, length, first) != 0) throw Libc.LastError("ask which pages are there");
        }

        return pages;
    }

    private static void SkipElsewhere() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "memory is mapped for this test by Linux's calls");
}
