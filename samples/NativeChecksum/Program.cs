using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord;
using NativeChecksum.Interop;

// dotnet run -c Release --project samples/NativeChecksum -- FILE [CACHE-MIB]; 16 without a second argument.
if (args is not [string path, .. string[] rest] || rest.Length > 1)
{
    Console.Error.WriteLine("usage: NativeChecksum FILE [CACHE-MIB]");
    return 2;
}

const int PieceBytes = 64 << 20;
const int CacheMebibytesDefault = 16;
long cacheBytes = (rest is [string mebibytes] ? long.Parse(mebibytes, null) : CacheMebibytesDefault) << 20;
try
{
    using var cache = new FileCache(new FileCacheOptions { CapacityBytes = cacheBytes });
    using CachedFile file = cache.Open(path, FileMode.Open, FileAccess.Read);
    using MappedView view = file.MapView(new ByteRange(0, file.Length));
    view.Advise(ViewAdvice.Sequential);

    // The library reads plain memory. What is not there comes while it reads, and goes again when the cache needs room.
    var clock = Stopwatch.StartNew();
    var checksum = new CULong(0);
    long residentMax = 0;
    for (nint done = 0, length; done < view.Length; done += length)
    {
        length = Math.Min(view.Length - done, PieceBytes);
        checksum = Zlib.Crc32(checksum, view.Address + done, (uint)length);
        residentMax = Math.Max(residentMax, cache.ResidentBytes);
    }

    Console.WriteLine($"CRC-32 {checksum.Value:x8} of {view.Length} bytes in {clock.Elapsed.TotalSeconds:0.0} s; at "
        + $"most {residentMax} of {cacheBytes} bytes in the cache");
    return residentMax <= cacheBytes ? 0 : 1;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException
    or ArgumentException or DllNotFoundException)
{
    Console.Error.WriteLine($"NativeChecksum: {error.Message}");
    return 2;
}
