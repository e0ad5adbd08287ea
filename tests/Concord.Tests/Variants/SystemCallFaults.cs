using System.Reflection;

namespace Concord.Tests.Variants;

/// <summary>
/// Makes imports of the library fail, in a process whose library asks (<see cref="SourceChanges.FailingImports"/>).
/// </summary>
internal static class SystemCallFaults
{
    internal const string TypeName = "Concord.Interop.SystemCallFaults";

    /// <summary>What the changed library has besides; nothing else knows of it.</summary>
    internal const string Source = """
        namespace Concord.Interop;

        internal static class SystemCallFaults
        {
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

    private static readonly FieldInfo? Plan = typeof(FileCache).Assembly.GetType(TypeName)?
        .GetField("ErrorOf", BindingFlags.Static | BindingFlags.NonPublic);

    /// <summary>Whether this process's library asks.</summary>
    internal static bool CanFail => Plan is not null;

    /// <summary>From now on imports fail as the plan says: an error number, or 0; null ends it.</summary>
    internal static void Set(Func<string, int>? errorOf) => Plan!.SetValue(null, errorOf);
}
