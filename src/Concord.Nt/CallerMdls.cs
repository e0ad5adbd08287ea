using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>MDLs that callers made for memory of their own; those of the Cc routines are not among them.</summary>
internal static unsafe class CallerMdls
{
    private static readonly ConcurrentDictionary<nint, byte> Known = new();

    internal static MDL* Make(void* address, uint length)
    {
        var mdl = (MDL*)NativeMemory.AllocZeroed((nuint)sizeof(MDL));
        mdl->Size = (short)sizeof(MDL);
        mdl->StartVa = (void*)((nint)address & -Environment.SystemPageSize);
        mdl->ByteOffset = (uint)((nint)address - (nint)mdl->StartVa);
        mdl->ByteCount = length;
        Known[(nint)mdl] = 0;
        return mdl;
    }

    internal static bool AreKnown(MDL* mdl) => Known.ContainsKey((nint)mdl);

    /// <summary>Where the first byte is.</summary>
    internal static void* AddressOf(MDL* mdl) => (byte*)mdl->StartVa + mdl->ByteOffset;

    /// <returns>False if it is none, or was freed meanwhile.</returns>
    internal static bool TryFree(MDL* mdl)
    {
        if (!Known.TryRemove((nint)mdl, out _)) return false;
        NativeMemory.Free(mdl);
        return true;
    }
}
