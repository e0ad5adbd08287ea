namespace Cookbook;

// dotnet run -c Release --project samples/Cookbook [-- NAME...]: runs the recipes of those names, or all of them, each
// in a folder of its own among the temporary files, which is gone afterwards.
internal static class Program
{
    private static readonly Dictionary<string, Action<string>> Recipes = new()
    {
        ["key-value-log"] = KeyValueLog.Run,
        ["range-server"] = RangeServing.Run,
        ["http-store"] = RemoteArchive.Run,
        ["archives"] = Archives.Run,
        ["encrypted-store"] = EncryptedImage.Run,
        ["native-view"] = NativeView.Run,
        ["cold-benchmark"] = ColdBenchmark.Run,
        ["index-reader"] = IndexReader.Run,
        ["live-backup"] = LiveBackup.Run,
        ["direct-sharing"] = DirectSharing.Run,
    };

    private static int Main(string[] args)
    {
        // The process that one recipe starts, and kills.
        if (args is [KeyValueLog.WriterArgument, string path]) return KeyValueLog.WriteForEver(path);
        if (args.FirstOrDefault(name => !Recipes.ContainsKey(name)) is { } unknown)
        {
            Console.Error.WriteLine($"there is no recipe '{unknown}'; there are: {string.Join(", ", Recipes.Keys)}");
            return 2;
        }

        foreach (string name in args.Length == 0 ? [.. Recipes.Keys] : args)
        {
            string folder = Directory.CreateTempSubdirectory("cookbook-").FullName;
            try
            {
                Console.WriteLine($"{name}:");
                Recipes[name](folder);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }
}
