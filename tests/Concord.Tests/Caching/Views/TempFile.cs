using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Caching.Views;

/// <summary>A file that is gone when it is closed, for system calls on pages of a view.</summary>
internal sealed class TempFile : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    internal TempFile() =>
        Handle = System.IO.File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite,
            options: FileOptions.DeleteOnClose);

    internal SafeFileHandle Handle { get; }

    public void Dispose() => Handle.Dispose();
}
