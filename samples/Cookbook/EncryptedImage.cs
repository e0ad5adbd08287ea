using System.Security.Cryptography;
using Concord;

namespace Cookbook;

/// <summary>
/// An encrypted disk image in a file of the same cache: what is in memory is plain, what leaves it is not. A store of
/// ninety lines, tested by Concord.Testing, and the cache does the rest.
/// </summary>
internal static class EncryptedImage
{
    internal static void Run(string folder)
    {
        string path = Path.Combine(folder, "image");
        byte[] key = RandomNumberGenerator.GetBytes(32), tweakKey = RandomNumberGenerator.GetBytes(32);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 4 << 20 });
        using var below = cache.Open(path, FileMode.Create, FileAccess.ReadWrite);
        using var image = cache.Open(new EncryptedStore(below, key, tweakKey, 8 << 20));

        // A purge of the image writes it into the file below, and makes that durable.
        image.Write(100_000, "nobody reads this on the disk"u8);
        image.FlushAndPurge().ThrowIfIncomplete();
        byte[] text = new byte[29];
        image.Read(100_000, text);
        Bytes.Require(text, "nobody reads this on the disk"u8, "the image");

        byte[] onDisk = File.ReadAllBytes(path);
        if (onDisk.AsSpan().IndexOf("nobody"u8) >= 0) throw new InvalidDataException("the text is on the disk");
        Console.WriteLine($"  {text.Length} bytes read back; on the disk are {onDisk.Length}, and the text is not");
    }
}
