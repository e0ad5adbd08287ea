namespace Concord.Stores;

/// <summary>Pages of one block that wait to be put into a tier.</summary>
/// <param name="Key">Whose bytes they are.</param>
/// <param name="Name">The file's name in messages.</param>
/// <param name="Block">The block.</param>
/// <param name="FirstPage">The first page in it.</param>
/// <param name="Buffer">Rented memory that begins with the bytes.</param>
/// <param name="Count">How many bytes: whole pages.</param>
internal readonly record struct TierPiece(
    TierKey Key, string Name, long Block, int FirstPage, byte[] Buffer, int Count)
{
    internal ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Count);
}
