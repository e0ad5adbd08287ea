using System.Runtime.InteropServices;
using System.Text;
using Concord.Interop;

namespace Concord.Nt.Native;

/// <summary>
/// Why a thread's last call from C failed, as C reads it: UTF-8, with a null at the end. Each thread has its own; the
/// text stays where it is until the thread's next call.
/// </summary>
internal sealed unsafe class LastError
{
    [ThreadStatic]
    private static string? Message;

    [ThreadStatic]
    private static NTSTATUS Kept;

    [ThreadStatic]
    private static LastError? OfThread;

    private readonly string _message;
    private readonly byte* _text;

    private LastError(string message)
    {
        _message = message;
        _text = (byte*)Marshal.StringToCoTaskMemUTF8(message);
    }

    // The text of a thread that has ended goes when its object is collected.
    ~LastError() => Marshal.FreeCoTaskMem((nint)_text);

    /// <summary>A call begins: nothing is known against it.</summary>
    internal static void Clear() => Message = null;

    /// <summary>
    /// While a routine calls code of its caller's: what that does with other routines is no error of this one.
    /// </summary>
    /// <returns>What brings back, when it is disposed on the same thread, what was known before.</returns>
    internal static Aside PutAside()
    {
        var aside = new Aside(Message, Kept);
        Clear();
        return aside;
    }

    /// <summary>Keeps why the thread's call failed. Always true, so that a filter can call it.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="isWrongNow">
    /// What it means when the call says that this is not the moment for it; null if it never says so.
    /// </param>
    internal static bool Keep(Exception error, NTSTATUS? isWrongNow = null)
    {
        bool saysSo = error is InvalidOperationException and not (ObjectDisposedException or NtPreconditionException);
        Keep(saysSo && isWrongNow is { } status ? status : NativeStatus.Of(error), NativeReason.Of(error));
        if (saysSo || error is NtPreconditionException or ArgumentException) TellBrokenRule();
        return true;
    }

    /// <summary>In checked mode, writes the reason to the standard error: it is a rule that the caller broke.</summary>
    internal static void TellBrokenRule()
    {
        if (NtChecks.IsEnabled) SharedMemory.Complain(Encoding.UTF8.GetBytes($"concord: {Message}\n"));
    }

    /// <summary>Keeps a reason that is no exception.</summary>
    internal static void Keep(NTSTATUS status, string reason)
    {
        Kept = status;
        Message = reason;
    }

    /// <summary>What the reason is as a status: a success when the last call did not fail.</summary>
    internal static NTSTATUS Status => Message is null ? NTSTATUS.STATUS_SUCCESS : Kept;

    /// <summary>The text, or null when the last call did not fail.</summary>
    internal static byte* Read()
    {
        if (Message is not { } message) return null;

        // A second question gets the same text: the first answer stays valid while the caller uses it.
        if (OfThread is not { } kept || !ReferenceEquals(kept._message, message))
            OfThread = kept = new LastError(message);
        return kept._text;
    }

    /// <summary>What was known of a call while it called its caller's code.</summary>
    internal readonly struct Aside(string? message, NTSTATUS kept) : IDisposable
    {
        public void Dispose() => (Message, Kept) = (message, kept);
    }
}
