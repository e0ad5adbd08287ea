using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// A second descriptor of an open file, past the operating system's cache (O_DIRECT). The kernel keeps the two
/// coherent: it writes cached pages back before a direct read or write of them, and drops them with the write.
/// </summary>
internal sealed unsafe class DirectFile : IDisposable
{
    /// <summary>
    /// The alignment for a file system that takes direct I/O and does not tell its own: no device needs more.
    /// </summary>
    private const int AlignmentUnknown = 4096;

    private readonly FileDescriptor _descriptor;
    private readonly string _path;

    private DirectFile(FileDescriptor descriptor, string path, int offsetAlignment, int memoryAlignment)
    {
        _descriptor = descriptor;
        _path = ShownText.Of(path);
        OffsetAlignment = offsetAlignment;
        MemoryAlignment = memoryAlignment;
    }

    /// <summary>What offsets and lengths must be multiples of; a power of two.</summary>
    internal int OffsetAlignment { get; }

    /// <summary>What addresses of memory must be multiples of; a power of two.</summary>
    internal int MemoryAlignment { get; }

    /// <summary>Opens the file of <paramref name="handle"/> once more, for direct I/O.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="path">The file's name in messages.</param>
    /// <param name="canWrite">Whether to open it for writing too.</param>
    /// <param name="onlyIfStated">
    /// Whether to give up if the file system does not tell how direct I/O is aligned; otherwise a read tries it.
    /// </param>
    /// <param name="refusal">Why null is returned: the rest of a sentence.</param>
    /// <returns>The file, or null.</returns>
    internal static DirectFile? TryOpen(SafeFileHandle handle, string path, bool canWrite, bool onlyIfStated,
        out string? refusal)
    {
        refusal = null;
        if (!OperatingSystem.IsLinux()) refusal = "direct I/O is done on Linux only";
        else if (LinuxFile.DirectAlignment(handle) is { } stated)
        {
            if (stated.Offset == 0) refusal = "the file system says that it has no direct I/O for this file";
            else return TryOpen(handle, path, canWrite, stated.Offset, Math.Max(stated.Memory, 1), out refusal);
        }
        else if (onlyIfStated) refusal = "the file system does not say how direct I/O is aligned";
        else if (LinuxFile.IsMemory(handle)) refusal = "the file is memory itself";
        else if (TryOpen(handle, path, canWrite, AlignmentUnknown, AlignmentUnknown, out refusal) is { } file)
            return Probed(file, out refusal);
        return null;
    }

    /// <summary>Reads once, into aligned memory.</summary>
    /// <returns>
    /// How many bytes were read; 0 at the end of the file; null where the file system refuses the alignment after all.
    /// </returns>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    internal int? Read(byte* destination, int length, long offset)
    {
        while (true)
        {
            nint count = Libc.Pread(_descriptor, destination, length, offset);
            if (count >= 0) return (int)count;
            int error = Marshal.GetLastPInvokeError();
            if (error == ErrorNumber.InvalidArgument) return null;
            if (error != ErrorNumber.Interrupted) throw Libc.LastError($"read {length} bytes at {offset} of {_path}");
        }
    }

    /// <summary>Writes once, from aligned pieces of aligned lengths; as many pieces as one call takes.</summary>
    /// <returns>How many bytes were written; null where the file system refuses the alignment after all.</returns>
    /// <exception cref="IOException">The system refused; any part of the bytes may be in the file.</exception>
    internal long? Write(ReadOnlySpan<IoVector> pieces, long offset)
    {
        fixed (IoVector* first = pieces)
        {
            while (true)
            {
                nint count = Libc.Pwritev(_descriptor, first, Math.Min(pieces.Length, Libc.VectorsMax), offset);
                if (count > 0) return count;
                if (count == 0)
                    throw new IOException($"cannot write at {offset} of {_path}: the system takes no bytes");
                int error = Marshal.GetLastPInvokeError();
                if (error == ErrorNumber.InvalidArgument) return null;
                if (error != ErrorNumber.Interrupted) throw Libc.LastError($"write at {offset} of {_path}");
            }
        }
    }

    /// <summary>
    /// Asks the system to drop its clean cached pages of a range; what it does not drop stays coherent.
    /// </summary>
    internal void DropCached(long offset, long length) =>
        _ = Libc.PosixFadvise(_descriptor, offset, length, Libc.FadviseDontNeed);

    public void Dispose() => _descriptor.Dispose();

    private static DirectFile? TryOpen(
        SafeFileHandle handle, string path, bool canWrite, int offsetAlignment, int memoryAlignment,
        out string? refusal)
    {
        var descriptor = LinuxFile.OpenDirect(handle, canWrite, out refusal);
        return descriptor is null ? null : new DirectFile(descriptor, path, offsetAlignment, memoryAlignment);
    }

    /// <summary>Reads once, to find out whether a file system that took the flag takes the calls.</summary>
    private static DirectFile? Probed(DirectFile file, out string? refusal)
    {
        refusal = null;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(AlignmentUnknown, AlignmentUnknown);
        try
        {
            if (file.Read(memory, AlignmentUnknown, 0) is not null) return file;
            refusal = $"the file system refuses direct I/O aligned to {AlignmentUnknown} bytes";
        }
        catch (IOException error)
        {
            refusal = error.Message;
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }

        file.Dispose();
        return null;
    }
}
