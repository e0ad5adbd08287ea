using LiteDB;

namespace Concord.Tests.Caching;

/// <summary>A child program that commits numbered documents to LiteDB over streams until it is killed.</summary>
internal static class LiteDbChild
{
    internal const string Name = "lite-db";

    /// <param name="args">The database's path; "cache" or "stream"; and "check" to say what it holds instead.</param>
    internal static int Run(string[] args)
    {
        bool isCached = args[1] == "cache";
        var options = new FileCacheOptions { CapacityBytes = 1 << 20, WriteMode = WriteMode.HandOver };
        using var cache = new FileCache(options);
        using var data = Open(args[0]);
        using var log = Open(args[0] + "-log");
        using var database = new LiteDatabase(data, mapper: null, log);
        var documents = database.GetCollection<BsonDocument>("documents");
        if (args.Length > 2)
        {
            Console.WriteLine($"{documents.Count()} to {documents.Max("_id").AsInt32}");
            return 0;
        }

        for (int number = 1; ; number++)
        {
            string text = new((char)('a' + (number % 26)), 300);
            documents.Insert(new BsonDocument { ["_id"] = number, ["text"] = text });
            Console.WriteLine(number);
        }

        Stream Open(string path) => isCached
            ? cache.Open(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite)).AsStream()
            : new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
    }
}
