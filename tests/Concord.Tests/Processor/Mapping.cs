using Concord.Interop.Linux;

namespace Concord.Tests.Processor;

/// <summary>Memory mapped for a test, by the system call itself, since the tests are about what it can get wrong.</summary>
internal sealed unsafe class Mapping : IDisposable
{
    private const int NoReserve = 0x4000;

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

    public int ResidentPages => Residency(Address, _length).Count(p => (p & 1) != 0);

    public static Mapping Anonymous(nint length, int protection)
    {
        SkipElsewhere();
        return new Mapping(Libc.Mmap(0, length, protection, Libc.MapPrivate | Libc.MapAnonymous | NoReserve, -1, 0), length, null);
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
        return new Mapping(Libc.Mmap(0, length, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared | NoReserve, file, 0), length, null);
    }

    public bool IsResident(nint address) => (Residency(address, Environment.SystemPageSize)[0] & 1) != 0;

    public void Dispose()
    {
        _ = Libc.Munmap(Address, _length);
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

    private static void SkipElsewhere() => Assert.SkipUnless(OperatingSystem.IsLinux(), "memory is mapped for this test by Linux's calls");
}
