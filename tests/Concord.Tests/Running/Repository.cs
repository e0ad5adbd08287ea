namespace Concord.Tests.Running;

/// <summary>The repository that this program was built from, found from where the program lies.</summary>
internal static class Repository
{
    private const string Landmark = "Concord.slnx";

    /// <summary>The path of its root.</summary>
    /// <exception cref="DirectoryNotFoundException">The program was moved out of its repository.</exception>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Landmark))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds {Landmark}");
    }
}
