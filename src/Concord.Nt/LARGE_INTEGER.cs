using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>A signed 64-bit number, as a whole or by halves. (NT: LARGE_INTEGER.)</summary>
[StructLayout(LayoutKind.Explicit)]
public struct LARGE_INTEGER
{
    /// <summary>The low 32 bits.</summary>
    [FieldOffset(0)]
    public uint LowPart;

    /// <summary>The high 32 bits, with the sign.</summary>
    [FieldOffset(4)]
    public int HighPart;

    /// <summary>The number.</summary>
    [FieldOffset(0)]
    public long QuadPart;
}
