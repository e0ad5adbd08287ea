using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Concord;
using ZipUpdate;

// dotnet run -c Release --project samples/ZipUpdate [-- MIB [CACHE-MIB]]; 1024 and 64 without arguments. The archives
// lie in a folder of their own among the temporary files (TMPDIR), which is gone afterwards.
int mebibytes = args.Length > 0 ? int.Parse(args[0], null) : 1024;
int cacheMebibytes = args.Length > 1 ? int.Parse(args[1], null) : 64;
string directory = Directory.CreateTempSubdirectory("zip-update-").FullName;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Remove());
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Remove());
try
{
    byte[] expected = Make("FileStream", path => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite),
        static () => { });

    long residentMax = 0;
    using var cache = new FileCache(new FileCacheOptions { CapacityBytes = (long)cacheMebibytes << 20 });
    byte[] actual = Make(
        "CachedFile",
        path => cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite).AsStream(),
        () => residentMax = Math.Max(residentMax, cache.ResidentBytes));

    using var self = Process.GetCurrentProcess();
    Console.WriteLine($"cache: at most {residentMax >> 20} MiB of {cacheMebibytes} MiB; whole process: at most "
        + $"{self.PeakWorkingSet64 >> 20} MiB");
    bool isEqual = expected.AsSpan().SequenceEqual(actual);
    Console.WriteLine(isEqual ? "the archives are equal" : "the archives differ");
    return isEqual && residentMax <= cache.CapacityBytes ? 0 : 1;
}
finally
{
    Remove();
}

void Remove()
{
    if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
}

// The archive is made, updated and read back through one kind of stream, and hashed through the system's own.
byte[] Make(string name, Func<string, Stream> open, Action entryDone)
{
    string path = Path.Combine(directory, name);
    var archive = new Archive(() => open(path), entryDone);
    var clock = Stopwatch.StartNew();
    archive.Create(mebibytes);
    double created = clock.Elapsed.TotalSeconds;
    archive.Update();
    double updated = clock.Elapsed.TotalSeconds;
    int entries = archive.Check();
    double read = clock.Elapsed.TotalSeconds;
    using var file = File.OpenRead(path);
    byte[] hash = SHA256.HashData(file);
    Console.WriteLine(
        $"{name}: {file.Length >> 20} MiB, {entries} entries, created in {created:0.0} s, updated in "
            + $"{updated - created:0.0} s, read in {read - updated:0.0} s, SHA-256 {Convert.ToHexStringLower(hash)}");
    return hash;
}
