using System.Buffers.Binary;

namespace Concord.Tests.Stores.Tiers;

/// <summary>
/// A slow store of any length whose every eight bytes tell their place and version, so that none can be taken for
/// another. Counts what it was asked for.
/// </summary>
internal sealed class VersionedStore(long length, int version = 1) : BackingStore
{
    private long _bytesAsked;
    private int _reads;

    internal int Version { get; set; } = version;

    /// <summary>The version that a refresh goes on with.</summary>
    internal int Next { get; set; } = version;

    /// <summary>Called in each read, before its bytes are there.</summary>
    internal Func<Task>? Meanwhile { get; set; }

    internal int Reads => Volatile.Read(ref _reads);

    internal long BytesAsked => Volatile.Read(ref _bytesAsked);

    public override object Identity => (typeof(VersionedStore), length);

    public override string Name => "versioned";

    public override bool CanWrite => false;

    public override string? ContentKey => Version == 0 ? null : $"versioned {length} {Version}";

    /// <summary>What a version has at a place.</summary>
    internal static byte[] Content(long offset, int count, int version)
    {
        byte[] bytes = new byte[count];
        Fill(offset, bytes, version);
        return bytes;
    }

    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(length);
    }

    public override ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Version = Next;
        return default;
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        int read = Version;
        if (Meanwhile is { } meanwhile) await meanwhile();
        int count = (int)Math.Clamp(length - offset, 0, destination.Length);
        Interlocked.Add(ref _bytesAsked, count);
        Fill(offset, destination.Span[..count], read);
        return count;
    }

    private static void Fill(long offset, Span<byte> bytes, int version)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int at = 0; at < bytes.Length;)
        {
            long number = (offset + at) / sizeof(ulong);
            ulong told = ((ulong)number + ((ulong)version << 48)) * 0x9E3779B97F4A7C15;
            BinaryPrimitives.WriteUInt64LittleEndian(word, told ^ (told >> 29));
            int inside = (int)((offset + at) % sizeof(ulong));
            int count = Math.Min(sizeof(ulong) - inside, bytes.Length - at);
            word.Slice(inside, count).CopyTo(bytes[at..]);
            at += count;
        }
    }
}
