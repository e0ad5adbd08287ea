using Concord.Measuring.Files;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Demonstration;

/// <summary>The demonstration's file: 64 MiB of which no two pages are alike, deleted when it is disposed of.</summary>
internal sealed class DemonstrationFile : IDisposable
{
    internal const long Bytes = 64L << 20;

    private const int PieceBytes = 1 << 20;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private readonly TemporaryFolder _folder;

    private DemonstrationFile(TemporaryFolder folder)
    {
        _folder = folder;
        Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    /// <summary>The path by which this program and its second process open it.</summary>
    internal string Path => _folder["file"];

    /// <summary>Its directory, for messages.</summary>
    internal string Directory => _folder.Parent;

    internal SafeFileHandle Handle { get; }

    /// <summary>Makes and fills the file in the first directory that takes it.</summary>
    /// <exception cref="IOException">No directory takes it.</exception>
    internal static DemonstrationFile Create(IReadOnlyList<string> directories, CancellationToken interrupted)
    {
        Exception? last = null;
        foreach (string directory in directories)
        {
            try
            {
                return CreateIn(directory, interrupted);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                last = exception;
            }
        }

        throw new IOException(
            $"no directory takes a file of 64 MiB ({last?.Message ?? "there is none"}); run in one that does", last);
    }

    /// <summary>Writes every byte; the contents are the same each time, the pages are dirty after each.</summary>
    internal void Write(CancellationToken interrupted)
    {
        var piece = new byte[PieceBytes];
        for (long offset = 0; offset < Bytes; offset += PieceBytes)
        {
            interrupted.ThrowIfCancellationRequested();
            Fill(piece, offset);
            RandomAccess.Write(Handle, piece, offset);
        }
    }

    /// <summary>Reads every byte back and compares it with what was written.</summary>
    internal bool IsAsWritten(CancellationToken interrupted)
    {
        var expected = new byte[PieceBytes];
        var found = new byte[PieceBytes];
        for (long offset = 0; offset < Bytes; offset += PieceBytes)
        {
            interrupted.ThrowIfCancellationRequested();
            Fill(expected, offset);
            if (RandomAccess.Read(Handle, found, offset) != PieceBytes || !found.AsSpan().SequenceEqual(expected))
                return false;
        }

        return true;
    }

    public void Dispose()
    {
        Handle.Dispose();
        _folder.Dispose();
    }

    private static DemonstrationFile CreateIn(string directory, CancellationToken interrupted)
    {
        TemporaryFolder folder = TemporaryFolder.Create("demonstration", [directory]);
        try
        {
            var file = new DemonstrationFile(folder);
            file.Write(interrupted);
            return file;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes each eight bytes a number computed from their offset, so that a byte in the wrong place is found.
    /// </summary>
    private static void Fill(Span<byte> piece, long offset)
    {
        Span<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(piece);
        ulong first = (ulong)offset / sizeof(ulong);
        for (int i = 0; i < words.Length; i++) words[i] = (first + (ulong)i + 1) * Multiplier;
    }
}
