using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Reads, writes and lengths of an open file, by .NET's own calls, with one kind of error: whatever the system refuses
/// is an <see cref="IOException"/>. For some error numbers (EFBIG, EPERM, ECANCELED) .NET throws exceptions for wrong
/// arguments, missing rights or a cancellation, which are not the cause here. Callers check arguments before.
/// </summary>
internal static class FileBytes
{
    // Error numbers on all systems that have them.
    private const int NoMemory = 12, NoDescriptorInSystem = 23, NoDescriptor = 24, FileTooLarge = 27;

    /// <exception cref="IOException">The system does not report it.</exception>
    internal static long GetLength(SafeFileHandle file, string path)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (Exception error) when (IsRefusal(error, CancellationToken.None))
        {
            throw Refused($"ask for the length of {path}", error);
        }
    }

    /// <returns>How many bytes were read; fewer than asked for also before the end.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    internal static int Read(SafeFileHandle file, Span<byte> destination, long offset, string path)
    {
        try
        {
            return RandomAccess.Read(file, destination, offset);
        }
        catch (Exception error) when (IsRefusal(error, CancellationToken.None))
        {
            throw Refused($"read {destination.Length} bytes at {offset} of {path}", error);
        }
    }

    /// <returns>How many bytes were read; fewer than asked for also before the end.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled the call.</exception>
    internal static async ValueTask<int> ReadAsync(
        SafeFileHandle file, Memory<byte> destination, long offset, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await RandomAccess.ReadAsync(file, destination, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (IsRefusal(error, cancellationToken))
        {
            throw Refused($"read {destination.Length} bytes at {offset} of {path}", error);
        }
    }

    /// <exception cref="IOException">The system refused; any part of the bytes may be in the file.</exception>
    internal static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (Exception error) when (IsRefusal(error, CancellationToken.None))
        {
            throw Refused($"write {bytes.Length} bytes at {offset} of {path}", error);
        }
    }

    /// <exception cref="IOException">The system refused; any part of the bytes may be in the file.</exception>
    internal static void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset,
        string path)
    {
        try
        {
            RandomAccess.Write(file, pieces, offset);
        }
        catch (Exception error) when (IsRefusal(error, CancellationToken.None))
        {
            throw Refused($"write at {offset} of {path}", error);
        }
    }

    /// <exception cref="IOException">The system refused; any part of the bytes may be in the file.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled the call.</exception>
    internal static async ValueTask WriteAsync(
        SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset, string path,
        CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file, pieces, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (IsRefusal(error, cancellationToken))
        {
            throw Refused($"write at {offset} of {path}", error);
        }
    }

    /// <exception cref="IOException">The system refused; the length is the old one.</exception>
    internal static void SetLength(SafeFileHandle file, long length, string path)
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (Exception error) when (IsRefusal(error, CancellationToken.None))
        {
            throw Refused($"make {path} {length} bytes long", error);
        }
    }

    /// <summary>
    /// Whether an exception is one that .NET throws for an error number, other than <see cref="IOException"/>.
    /// </summary>
    internal static bool IsRefusal(Exception error, CancellationToken asked) => error switch
    {
        OperationCanceledException => !asked.IsCancellationRequested,
        ArgumentException or UnauthorizedAccessException or NotSupportedException => true,
        _ => false,
    };

    /// <summary>Whether the system lacks descriptors or memory, by its own error number.</summary>
    internal static bool IsShortage(Exception error) => error is OutOfMemoryException
        or IOException { HResult: NoMemory or NoDescriptorInSystem or NoDescriptor };

    internal static IOException Refused(string action, Exception error)
    {
        var refused = new IOException($"cannot {action}: {error.Message}", error);

        // Of EFBIG .NET makes a wrong argument, which has no number any more; no argument here can be wrong.
        if (error is ArgumentException && !OperatingSystem.IsWindows()) refused.HResult = FileTooLarge;
        return refused;
    }
}
