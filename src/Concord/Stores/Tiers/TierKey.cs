using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Concord.Stores;

/// <summary>
/// Which bytes a block of a tier is of: a hash of a store's <see cref="BackingStore.ContentKey"/>, which may hold
/// secrets and cannot be found from it.
/// </summary>
internal readonly record struct TierKey(UInt128 Hash)
{
    internal const int Bytes = 16;

    internal static TierKey Of(string contentKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(contentKey.AsSpan()), hash);
        return Read(hash);
    }

    internal static TierKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128LittleEndian(bytes));

    internal void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128LittleEndian(bytes, Hash);
}
