using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static unsafe partial class LibSystem
{
    internal const uint AttributeObjectType = 0x8;

    /// <summary>Object types, as vnodes have them.</summary>
    internal const uint RegularObject = 1, DirectoryObject = 2;

    /// <summary>Attributes of the file that a path leads to; follows links.</summary>
    [LibraryImport(Name, EntryPoint = "getattrlist", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Getattrlist(string path, ref AttributeList wanted, byte* answer, nuint answerBytes,
        uint options);
}
