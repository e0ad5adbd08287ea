using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.MacOs;

internal static unsafe partial class LibSystem
{
    internal const ushort AttributeGroups = 5;
    internal const uint AttributeDevice = 0x2, AttributeFileId = 0x02000000;

    /// <summary>
    /// The requested attributes; the answer packs them in the order of their bits, after its own length.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AttributeList
    {
        internal ushort Groups;
        internal ushort Reserved;
        internal uint Common, Volume, Directory, File, Fork;
    }

    /// <summary>Attributes of an open file. Unlike fstat, it has one name and one layout on both processors.</summary>
    [LibraryImport(Name, EntryPoint = "fgetattrlist", SetLastError = true)]
    internal static partial int Fgetattrlist(SafeFileHandle file, ref AttributeList wanted, byte* answer,
        nuint answerBytes, uint options);
}
