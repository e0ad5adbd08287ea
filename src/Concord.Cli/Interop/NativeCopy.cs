using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>Touches a view in native code, as a native library does: managed code must not.</summary>
internal static unsafe class NativeCopy
{
    /// <summary>Copies bytes from an address in a view.</summary>
    internal static void From(nint address, Span<byte> destination)
    {
        fixed (byte* first = destination) Libc.CopyMemory(first, (void*)address, destination.Length);
    }

    /// <summary>Copies bytes to an address in a view.</summary>
    internal static void To(nint address, ReadOnlySpan<byte> source)
    {
        fixed (byte* first = source) Libc.CopyMemory((void*)address, first, source.Length);
    }
}
