using System.Reflection;

namespace Concord.Tests.Variants;

/// <summary>
/// Makes imports of the library fail, or do a part of what they are asked for, in a process whose library asks
/// (<see cref="SourceChanges.FailingImports"/>).
/// </summary>
internal static class SystemCallFaults
{
    internal const string TypeName = "Concord.Interop.SystemCallFaults";

    /// <summary>What the changed library has besides; nothing else knows of it.</summary>
    internal const string Source = """
        namespace Concord.Interop;

        internal static unsafe class SystemCallFaults
        {
            /// <summary>How much of so many bytes a call is to do; null for all.</summary>
            internal static System.Func<int, int>? PartOf;

            internal static int Part(int bytes) => PartOf?.Invoke(bytes) ?? bytes;

            internal static nint Part(nint bytes) => Part((int)bytes);

            /// <summary>The first piece, cut, in place of several; or all of them.</summary>
            internal static IoVector* Part(IoVector* pieces, IoVector* first, ref int count)
            {
                nint part = Part(pieces->Length);
                if (part == pieces->Length) return pieces;
                *first = new IoVector(pieces->Address, part);
                count = 1;
                return first;
            }

            /// <summary>The error number that an import is to fail with, by its name; 0 to let it pass.</summary>
            internal static System.Func<string, int>? ErrorOf;

            internal static bool Asks(string import, out int answer)
            {
                int error = ErrorOf?.Invoke(import) ?? 0;
                // One import answers with the error itself; all others with -1 and the system's last error.
                answer = import == "PosixFadvise" ? error : -1;
                if (error != 0) System.Runtime.InteropServices.Marshal.SetLastSystemError(error);
                return error != 0;
            }
        }
        """;

    private static readonly FieldInfo? Plan = Field("ErrorOf"), Parts = Field("PartOf");

    /// <summary>Whether this process's library asks.</summary>
    internal static bool CanFail => Plan is not null;

    /// <summary>From now on imports fail as the plan says: an error number, or 0; null ends it.</summary>
    internal static void Set(Func<string, int>? errorOf) => Plan!.SetValue(null, errorOf);

    /// <summary>From now on reads and writes do a part; null ends it.</summary>
    internal static void SetParts(Func<int, int>? partOf) => Parts!.SetValue(null, partOf);

    private static FieldInfo? Field(string name) => typeof(FileCache).Assembly.GetType(TypeName)?
        .GetField(name, BindingFlags.Static | BindingFlags.NonPublic);
}
