using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static unsafe partial class Libc
{
    private const int AtEmptyPath = 0x1000;

    /// <summary>Mode and owner: 0x2 and 0x8.</summary>
    private const uint StatxModeAndOwner = 0xA;

    /// <summary>The owner and the permissions of an open file.</summary>
    internal static bool TryStatus(int descriptor, out OwnerStatus status)
    {
        byte empty = 0;
        fixed (OwnerStatus* record = &status)
            return Statx(descriptor, &empty, AtEmptyPath, StatxModeAndOwner, record) == 0;
    }

    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int directory, byte* path, int flags, uint wanted, OwnerStatus* status);

    /// <summary>The kernel's <c>struct statx</c>; only fields in use are named.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct OwnerStatus
    {
        private const int RightsMask = 0xFFF;

        [FieldOffset(20)]
        internal readonly uint Owner;

        [FieldOffset(28)]
        private readonly ushort _mode;

        internal readonly int Rights => _mode & RightsMask;
    }
}
