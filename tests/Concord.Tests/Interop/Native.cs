using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>What tests ask of the C library beyond what the product imports.</summary>
internal static partial class Native
{
    private const string Name = "libc";

    /// <summary>The last import on this thread must have said success.</summary>
    internal static void Succeeded(long result, string action)
    {
        int error = Marshal.GetLastPInvokeError();
        if (result < 0)
            throw new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }
}
