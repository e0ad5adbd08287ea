using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Reads files under <c>/proc</c>, without exceptions: processes often end or refuse access.</summary>
internal static unsafe class ProcessFile
{
    /// <summary>
    /// The first size of the array that a whole file is read into; most lists of mappings of small programs fit.
    /// </summary>
    private const int InitialBytes = 32 << 10;

    /// <summary>Opens for reading. If that fails, returns an invalid descriptor and sets the last error.</summary>
    internal static FileDescriptor Open(string path) => Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec);

    /// <summary>
    /// Reads to the end into <paramref name="contents"/>, which grows when it must; the count of bytes, or -1 with the
    /// last error when the file cannot be opened or read.
    /// </summary>
    internal static int ReadAll(string path, ref byte[] contents)
    {
        using FileDescriptor file = Open(path);
        return ReadAll(file, ref contents);
    }

    /// <summary>The same for an open file; an invalid one cannot be read.</summary>
    internal static int ReadAll(FileDescriptor file, ref byte[] contents)
    {
        if (file.IsInvalid) return -1;
        if (contents.Length == 0) contents = new byte[InitialBytes];
        int count = 0;
        while (true)
        {
            if (count == contents.Length) Array.Resize(ref contents, contents.Length * 2);
            nint read = Read(file, contents.AsSpan(count), count);
            if (read < 0) return -1;
            if (read == 0) return count;
            count += (int)read;
        }
    }

    /// <summary>Reads once at <paramref name="offset"/>; -1 and the last error when it fails.</summary>
    internal static nint Read(FileDescriptor file, Span<byte> destination, long offset)
    {
        fixed (byte* start = destination) return Libc.Pread(file, start, destination.Length, offset);
    }
}
