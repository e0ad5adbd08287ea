using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// Writes only a range of a file back, and makes it durable: <c>msync</c> on a mapping. The kernel does so only for a
/// mapping of a descriptor open for writing. So the file is opened for writing when a range is first written back,
/// where that is permitted.
/// </summary>
internal sealed class RangeWriter : IDisposable
{
    private readonly FileDescriptor? _writable;

    /// <summary>
    /// Opens the file for writing, unless that has an effect: a program could not be started meanwhile, and an overlay
    /// would copy the file up.
    /// </summary>
    internal RangeWriter(FileDescriptor file, FileSystemType type, bool isExecutable)
    {
        if (isExecutable || type.OpeningForWritingCopies || type.StoreIsMemory) return;
        _writable = Reopen(file);
        if (!_writable.IsInvalid)
        {
            _ = AccessTime.Keep(_writable);
            return;
        }

        _writable.Dispose();
        _writable = null;
    }

    /// <summary>Whether a range can be written back alone.</summary>
    internal bool IsAvailable => _writable is not null;

    /// <summary>
    /// Writes a range back. Returns <see langword="false"/>, with nothing done, if it cannot be mapped: it may be
    /// longer than the address space, or than the process's limit.
    /// </summary>
    /// <exception cref="IOException">A write or the barrier failed.</exception>
    internal bool TryWriteBack(ByteRange pages)
    {
        if (pages.IsEmpty) return true;
        using FileMapping mapping = new(_writable!, pages.Offset, pages.Length);
        if (!mapping.IsMapped) return false;
        if (Libc.Msync(mapping.Address, (nint)pages.Length, Libc.MsyncAndWait) == 0) return true;
        throw Libc.LastError("write a range of the file back");
    }

    public void Dispose() => _writable?.Dispose();

    /// <summary>Opens by the descriptor's own name: the same file whatever the path leads to by now.</summary>
    private static FileDescriptor Reopen(FileDescriptor file)
    {
        const int Flags = Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenNonBlocking | Libc.OpenNoTerminal;
        using var use = new HandleUse(file);
        return Libc.Open($"/proc/self/fd/{use.Value}", Flags);
    }
}
