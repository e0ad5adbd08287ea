namespace Concord.Interop;

/// <summary>A part of a range that cannot be read, and why.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">One byte past its last.</param>
/// <param name="Why">The rest of the sentence that begins "the bytes …": "are not mapped".</param>
internal readonly record struct UnreadableRange(nuint Start, nuint End, string Why)
{
    public override string ToString() => $"the {End - Start} bytes from 0x{Start:x} {Why}";
}
