using System.Runtime.InteropServices;

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
    private static LastError? OfThread;

    private readonly byte* _text;

    private LastError(string message) => _text = (byte*)Marshal.StringToCoTaskMemUTF8(message);

    // The text of a thread that has ended goes when its object is collected.
    ~LastError() => Marshal.FreeCoTaskMem((nint)_text);

    /// <summary>A call begins: nothing is known against it.</summary>
    internal static void Clear() => Message = null;

    /// <summary>Keeps why the thread's call failed. Always true, so that a filter can call it.</summary>
    internal static bool Keep(Exception error)
    {
        Message = error.Message;
        return true;
    }

    /// <summary>Keeps a reason that is no exception.</summary>
    internal static void Keep(string reason) => Message = reason;

    /// <summary>The text, or null when the last call did not fail.</summary>
    internal static byte* Read()
    {
        if (Message is not { } message) return null;
        OfThread = new LastError(message);
        return OfThread._text;
    }
}
