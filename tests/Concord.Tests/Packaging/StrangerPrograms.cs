namespace Concord.Tests.Packaging;

/// <summary>What strangers do with the libraries: a few lines each, that can be joined.</summary>
internal static class StrangerPrograms
{
    internal const string UseConcord = """
        byte[] bytes = new byte[4096];
        if (ProcessorCache.IsSupported) ProcessorCache.FlushAndInvalidate(bytes);
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        if (SystemFile.IsSupported)
        {
            using SystemFile file = SystemFile.Open(path);
            file.FlushAndPurge();
            Console.WriteLine(file.Query().Pages);
        }

        using (var cache = new FileCache())
        using (var file = cache.Open(new MemoryStore(bytes)))
        {
            file.Write(0, "in memory"u8);
            file.FlushAndPurge().ThrowIfIncomplete();
        }

        File.Delete(path);
        Console.WriteLine("Concord was used");
        """;

    internal const string UseNt = """
        int length = 64;
        var memory = System.Runtime.InteropServices.Marshal.AllocHGlobal(length);
        unsafe
        {
            if (ProcessorCache.IsSupported) Concord.Nt.Ntddk.KeInvalidateRangeAllCaches((void*)memory, (uint)length);
        }

        System.Runtime.InteropServices.Marshal.FreeHGlobal(memory);
        Console.WriteLine("Concord.Nt was used");
        """;

    internal const string UseTesting = """
        await new MemoryStoreTests().RunAsync(MemoryStoreTests.CheckNames.First());
        Console.WriteLine("Concord.Testing was used");

        sealed class MemoryStoreTests : Concord.Testing.StoreConformance
        {
            protected override BackingStore MakeEmpty() => new MemoryStore();
        }
        """;

    /// <summary>All of them in one program.</summary>
    internal const string All = $"using Concord;\n{UseConcord}\n{UseNt}\n{UseTesting}\n";

    /// <summary>A program for each library that can be used alone.</summary>
    internal static IReadOnlyDictionary<string, string> Alone { get; } = new Dictionary<string, string>
    {
        ["Concord"] = $"using Concord;\n{UseConcord}\n",
        ["Concord.Nt"] = $"using Concord;\n{UseNt}\n",
        ["Concord.Testing"] = $"using Concord;\n{UseTesting}\n",
    };

    /// <summary>A program for each package of stores, whose service is not there: it says which one.</summary>
    internal static IReadOnlyDictionary<string, string> OfStores { get; } = new Dictionary<string, string>
    {
        ["Concord.Stores.AzureBlobs"] = """
            using Azure.Storage.Blobs;
            using Concord.Stores.AzureBlobs;

            var options = new BlobClientOptions { Retry = { MaxRetries = 0 } };
            var blob = new BlobClient(new Uri("http://127.0.0.1:9/account/container/blob"), options);
            try { AzureBlobStore.Open(blob); }
            catch (IOException error) { Console.WriteLine($"Concord.Stores.AzureBlobs was used: {error.Message}"); }
            """,
        ["Concord.Stores.Http"] = """
            using Concord.Stores.Http;

            try { HttpStore.Open(new Uri("http://127.0.0.1:9/file"), new HttpStoreOptions { RetriesMax = 0 }); }
            catch (IOException error) { Console.WriteLine($"Concord.Stores.Http was used: {error.Message}"); }
            """,
        ["Concord.Stores.S3"] = """
            using Amazon.Runtime;
            using Concord.Stores.S3;

            var options = new S3StoreOptions
            {
                ServiceUrl = new Uri("http://127.0.0.1:9"),
                Credentials = new AnonymousAWSCredentials(),
            };
            try { S3Store.Open("bucket", "key", options); }
            catch (IOException error) { Console.WriteLine($"Concord.Stores.S3 was used: {error.Message}"); }
            """,
    };

    /// <summary>Fails unless <see cref="All"/> said that it did everything.</summary>
    internal static void AssertAllRan(string said) =>
        Assert.All(Alone.Keys, name => Assert.Contains($"{name} was used", said, StringComparison.Ordinal));
}
