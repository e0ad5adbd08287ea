using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// A mapping of a part of a file that is only passed to system calls (<c>mincore</c>, <c>msync</c>, <c>madvise</c>) and
/// never touched, so that a file that shrinks meanwhile raises no SIGBUS. It takes no memory and holds no page.
/// </summary>
internal readonly ref struct FileMapping
{
    private readonly nint _length;

    /// <summary>Maps [<paramref name="offset"/>, + <paramref name="length"/>), both multiples of a page.</summary>
    /// <remarks>If the file cannot be mapped, <see cref="IsMapped"/> is false and the last error is set.</remarks>
    internal FileMapping(SafeHandle file, long offset, long length, int protection = Libc.ProtNone)
    {
        using var use = new HandleUse(file);
        Address = TemporaryMappings.Map((int)use.Value, offset, (nint)length, protection);
        _length = (nint)length;
    }

    internal nint Address { get; }

    internal bool IsMapped => Address != Libc.MapFailed;

    /// <summary>Unmaps it.</summary>
    public void Dispose()
    {
        if (IsMapped) TemporaryMappings.Unmap(Address, _length);
    }
}
