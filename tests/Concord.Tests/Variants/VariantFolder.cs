using Concord.Tests.Interop;

namespace Concord.Tests.Variants;

/// <summary>
/// The built test program beside a library of its own: all other files are as a build made them.
/// It lies in the repository, so that tests find the sources from it.
/// </summary>
internal sealed class VariantFolder : IDisposable
{
    private readonly string _libraryFile, _root;

    /// <param name="name">What it is called.</param>
    /// <param name="project">Whose assembly is another one.</param>
    internal VariantFolder(string name, string project = LibrarySources.Library)
    {
        _libraryFile = $"{project}.dll";
        _root = System.IO.Path.Combine(Repository.Root, "artifacts", "variants", $"{name}-{Environment.ProcessId}");

        // The last part says how it was built, as that of the folder that it comes from.
        Path = System.IO.Path.Combine(_root, LibrarySources.Configuration);
        Fill(new DirectoryInfo(AppContext.BaseDirectory), Path);
    }

    internal string Path { get; }

    /// <summary>Where the library goes.</summary>
    internal string Library => System.IO.Path.Combine(Path, _libraryFile);

    /// <summary>The test program.</summary>
    internal string Program => System.IO.Path.Combine(Path, System.IO.Path.GetFileName(Environment.ProcessPath!));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Fill(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in from.EnumerateFiles())
        {
            if (file.Name != _libraryFile) Link(file.FullName, System.IO.Path.Combine(to, file.Name));
        }

        foreach (var inside in from.EnumerateDirectories()) Fill(inside, System.IO.Path.Combine(to, inside.Name));
    }

    /// <summary>A further name, or a copy of what the next build writes anew in place.</summary>
    private static void Link(string existing, string name)
    {
        bool isOurs = System.IO.Path.GetFileName(name).StartsWith("Concord", StringComparison.Ordinal);
        if (OperatingSystem.IsLinux() && !isOurs) HardLinks.Add(existing, name);
        else File.Copy(existing, name);
    }
}
