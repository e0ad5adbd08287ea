namespace Cookbook;

/// <summary>Files to work on, and the check that what came out is what went in.</summary>
internal static class Bytes
{
    /// <summary>Makes noise, the same each time, and a file of it if there is a path.</summary>
    internal static byte[] Make(string? path, int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        if (path is not null) File.WriteAllBytes(path, bytes);
        return bytes;
    }

    internal static void Require(ReadOnlySpan<byte> found, ReadOnlySpan<byte> expected, string what)
    {
        if (!found.SequenceEqual(expected)) throw new InvalidDataException($"{what}: the bytes are others");
    }
}
