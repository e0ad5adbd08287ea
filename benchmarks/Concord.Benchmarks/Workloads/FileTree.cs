using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>A tree of files of one page each, a hundred in a folder.</summary>
internal sealed class FileTree : IDisposable
{
    private const int FilesInFolder = 100;

    private readonly byte[] _page = new byte[RandomPages.PageBytes];
    private readonly string[] _files;

    public FileTree(TemporaryFolder folder, int count)
    {
        Root = folder[$"tree{count}"];
        _files = new string[count];
        for (int i = 0; i < count; i++)
        {
            string parent = Path.Combine(Root, $"{i / FilesInFolder}");
            if (i % FilesInFolder == 0) Directory.CreateDirectory(parent);
            _files[i] = Path.Combine(parent, $"{i % FilesInFolder}");
        }

        Write();
    }

    public string Root { get; }

    public long Bytes => (long)_files.Length * RandomPages.PageBytes;

    /// <summary>Brings every file into the system's cache; nothing is dirty afterwards.</summary>
    public void BringIn()
    {
        InstalledProgram.Run("sync", "-f", Root);
        foreach (string path in _files)
        {
            using SafeFileHandle file = File.OpenHandle(path);
            _ = RandomAccess.Read(file, _page, 0);
        }
    }

    /// <summary>Writes every file anew, so that its page is dirty.</summary>
    public void Write()
    {
        _page.AsSpan().Fill((byte)(_page[0] + 1));
        foreach (string path in _files)
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
            RandomAccess.Write(file, _page, 0);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
