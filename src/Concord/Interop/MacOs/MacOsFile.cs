using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.MacOs;

/// <summary>Queries of a file on macOS.</summary>
internal static unsafe class MacOsFile
{
    // Answers: their length (4 bytes), then the attributes, packed to 4 bytes.
    private const int FirstAt = 4, SecondAt = 8, AnswerBytes = 16;

    internal static bool TryIdentify(SafeFileHandle handle, out ulong device, out ulong number)
    {
        byte* answer = stackalloc byte[AnswerBytes];
        var wanted = new LibSystem.AttributeList
        {
            Groups = LibSystem.AttributeGroups,
            Common = LibSystem.AttributeDevice | LibSystem.AttributeFileId,
        };
        bool known = LibSystem.Fgetattrlist(handle, ref wanted, answer, AnswerBytes, 0) == 0;
        var fields = new ReadOnlySpan<byte>(answer, AnswerBytes);
        device = known ? BitConverter.ToUInt32(fields[FirstAt..]) : 0;
        number = known ? BitConverter.ToUInt64(fields[SecondAt..]) : 0;
        return known;
    }

    /// <summary>Whether a path leads to something that is neither a file with contents nor a directory.</summary>
    internal static bool IsPipeOrDevice(string path)
    {
        byte* answer = stackalloc byte[AnswerBytes];
        var wanted = new LibSystem.AttributeList
        {
            Groups = LibSystem.AttributeGroups,
            Common = LibSystem.AttributeObjectType,
        };
        if (LibSystem.Getattrlist(path, ref wanted, answer, AnswerBytes, 0) != 0) return false;
        uint kind = BitConverter.ToUInt32(new ReadOnlySpan<byte>(answer + FirstAt, sizeof(uint)));
        return kind is not (LibSystem.RegularObject or LibSystem.DirectoryObject);
    }
}
