using System.Globalization;

namespace Concord.Tests.Cli;

/// <summary>Folders of many small files.</summary>
internal static class ManyFiles
{
    private const int FilesPerFolder = 1000;

    internal static void Make(string folder, int files)
    {
        var contents = new byte[100];
        for (int i = 0; i < files; i++)
        {
            string inner = Path.Combine(folder, (i / FilesPerFolder).ToString("000", CultureInfo.InvariantCulture));
            if (i % FilesPerFolder == 0) Directory.CreateDirectory(inner);
            File.WriteAllBytes(Path.Combine(inner, $"file{i}"), contents);
        }
    }
}
