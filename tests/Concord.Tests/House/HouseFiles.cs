namespace Concord.Tests.House;

/// <summary>The repository's text files, without what a build or an editor leaves there.</summary>
internal static class HouseFiles
{
    private static readonly string[] Foreign = ["artifacts", "bin", "obj", ".git", ".vs", ".idea",
        "BenchmarkDotNet.Artifacts", "TestResults"];

    public static IReadOnlyList<HouseFile> All { get; } = [.. Read(new DirectoryInfo(Repository.Root))];

    public static IReadOnlyList<HouseFile> CSharp { get; } = [.. All.Where(file => file.IsCSharp)];

    private static IEnumerable<HouseFile> Read(DirectoryInfo folder)
    {
        var inside = folder.EnumerateDirectories()
            .Where(child => child.LinkTarget is null && !Foreign.Contains(child.Name)).SelectMany(Read);
        foreach (var file in folder.EnumerateFiles().Where(file => file.LinkTarget is null))
        {
            string text = File.ReadAllText(file.FullName);
            // A worktree's .git is a file; a picture has zero bytes.
            if (file.Name == ".git" || text.Contains('\0')) continue;
            yield return new HouseFile(Path.GetRelativePath(Repository.Root, file.FullName).Replace('\\', '/'), text);
        }

        foreach (var file in inside) yield return file;
    }
}
