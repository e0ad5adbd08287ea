using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Windows;

/// <summary>Queries of an open file on Windows.</summary>
internal static unsafe class WindowsFile
{
    private const int NumberAt = 8;

    internal static bool TryIdentify(SafeFileHandle handle, out ulong volume, out UInt128 number)
    {
        byte* answer = stackalloc byte[Kernel32.FileIdBytes];
        bool known = Kernel32.GetFileInformationByHandleEx(handle, Kernel32.FileIdClass, answer, Kernel32.FileIdBytes);
        var fields = new ReadOnlySpan<byte>(answer, Kernel32.FileIdBytes);
        volume = known ? BitConverter.ToUInt64(fields) : 0;
        number = known ? BitConverter.ToUInt128(fields[NumberAt..]) : UInt128.Zero;
        return known;
    }
}
