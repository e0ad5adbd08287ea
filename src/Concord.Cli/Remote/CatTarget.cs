using Concord.Interop;

namespace Concord.Cli.Remote;

/// <summary>
/// A file that gets bytes: it appears under its name when all of them are there, and what was there before stays until
/// then. A pipe or a device is written as it is.
/// </summary>
internal sealed class CatTarget : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private string? _temporary;

    /// <summary>Makes the file.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal CatTarget(string path)
    {
        // A link stays one: what it leads to is replaced.
        _path = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        _path = Path.GetFullPath(_path);
        if (!FileDurability.IsPipeOrDevice(_path)) _temporary = $"{_path}.{Environment.ProcessId}.concord";
        _stream = new FileStream(
            _temporary ?? _path, _temporary is null ? FileMode.Open : FileMode.CreateNew, FileAccess.Write,
            FileShare.Read, bufferSize: 0);
    }

    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);

    /// <summary>All bytes are there: gives the file its name.</summary>
    internal void Finish()
    {
        _stream.Dispose();
        if (_temporary is null) return;
        File.Move(_temporary, _path, overwrite: true);
        _temporary = null;
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (_temporary is not null) File.Delete(_temporary);
    }
}
