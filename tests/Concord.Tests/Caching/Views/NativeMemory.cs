using System.Runtime.InteropServices;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

/// <summary>Touches a view as native code does: managed code must not (I9).</summary>
internal static unsafe class NativeMemory
{
    /// <summary>Copies bytes out of a view.</summary>
    internal static byte[] Read(MappedView view, long offset, int length) => Read(view.Address + (nint)offset, length);

    internal static byte[] Read(nint address, int length)
    {
        byte[] bytes = new byte[length];
        var handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Native.Memcpy(handle.AddrOfPinnedObject(), address, (nuint)length);
        handle.Free();
        return bytes;
    }

    internal static byte ReadByte(MappedView view, long offset) => Read(view, offset, 1)[0];

    /// <summary>Copies bytes into a view.</summary>
    internal static void Write(MappedView view, long offset, byte[] bytes) =>
        Write(view.Address + (nint)offset, bytes);

    internal static void Write(nint address, byte[] bytes)
    {
        var handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Native.Memcpy(address, handle.AddrOfPinnedObject(), (nuint)bytes.Length);
        handle.Free();
    }
}
