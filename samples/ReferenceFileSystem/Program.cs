using System.Text;
using Concord.Nt;
using ReferenceFileSystem;

// dotnet run -c Release --project samples/ReferenceFileSystem: two handles of one file, one of them past the cache.
using var volume = new Volume();
using var cached = volume.Open("notes");
using var direct = volume.Open("notes", isCached: false);

Show("write through the cache", cached.Write(0, "first version"u8.ToArray()), direct);
Show("write past the cache", direct.Write(0, "second version"u8.ToArray()), cached);

using (new MappedPage(cached))
{
    Show("write past the cache while a page is mapped", direct.Write(0, "third version "u8.ToArray()), cached);
    _ = cached.SetPurgeFailureMode(true);
    Show("the same in purge failure mode", direct.Write(0, "fourth version"u8.ToArray()), cached);
    _ = cached.SetPurgeFailureMode(false);
}

Show("cut when nothing is mapped", cached.SetEndOfFile(6), direct);

static void Show(string what, NTSTATUS status, FileHandle reader)
{
    byte[] bytes = new byte[64];
    NTSTATUS read = reader.Read(0, bytes, out int count);
    Console.WriteLine(
        $"{what}: {status}; the other handle reads \"{Encoding.UTF8.GetString(bytes, 0, count)}\" ({read})");
}
