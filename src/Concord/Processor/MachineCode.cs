using System.Runtime.InteropServices;

namespace Concord.Processor;

/// <summary>Routines of machine code, one behind the other, each at an aligned offset.</summary>
internal sealed class MachineCode
{
    /// <summary>Instruction decoders are fastest where a routine begins at a multiple of this.</summary>
    private const int AlignmentBytes = 16;

    private readonly List<byte> _bytes = [];

    /// <summary>Everything appended so far.</summary>
    internal ReadOnlySpan<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Appends a routine.</summary>
    /// <param name="routine">Its bytes; it ends by returning.</param>
    /// <returns>Its offset.</returns>
    internal int Append(ReadOnlySpan<byte> routine)
    {
        while (_bytes.Count % AlignmentBytes != 0) _bytes.Add(0);
        int offset = _bytes.Count;
        _bytes.AddRange(routine);
        return offset;
    }
}
