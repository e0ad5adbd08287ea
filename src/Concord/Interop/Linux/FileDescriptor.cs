using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

/// <summary>An open file of this process; closed once, after the last call that uses it has ended.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    internal FileDescriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
