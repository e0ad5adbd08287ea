namespace Concord.Tests.Files;

/// <summary>A child program that has a file open in a cache of its own until its input ends.</summary>
internal static class FileHolder
{
    internal const string Name = "file-holder";

    /// <param name="args">The path, the access and the sharing.</param>
    internal static int Run(string[] args)
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20, Name = "of the child" });
        try
        {
            var (access, share) = (Enum.Parse<FileAccess>(args[1]), Enum.Parse<FileShare>(args[2]));
            using var file = cache.Open(args[0], FileMode.Open, access, share);
            Console.WriteLine(file.UnlockedReason ?? "open");
            while (Console.ReadLine() is { } line)
            {
                file.Write(0, System.Text.Encoding.ASCII.GetBytes(line));
                file.Flush();
                Console.WriteLine("written");
            }
        }
        catch (IOException error)
        {
            Console.WriteLine(error.Message);
        }

        return 0;
    }
}
