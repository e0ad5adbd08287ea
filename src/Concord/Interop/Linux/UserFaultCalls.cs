using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// The requests of a userfaultfd and what they pass (Linux: ioctl_userfaultfd(2)); the same on x64 and arm64.
/// </summary>
internal static class UserFaultCalls
{
    internal const nuint New = 0xAA00, Api = 0xC018AA3F, Register = 0xC020AA00, Unregister = 0x8010AA01,
        Wake = 0x8010AA02;
    internal const nuint Copy = 0xC028AA03, Protect = 0xC018AA06, Continue = 0xC020AA07, Poison = 0xC020AA08;

    internal const ulong ApiVersion = 0xAA;

    internal const ulong MissingMode = 1, ProtectMode = 2, MinorMode = 4;

    /// <summary>
    /// The kind of a fault: a write, a write to a protected page, a page that is in memory and not mapped.
    /// </summary>
    internal const ulong FaultWrite = 1, FaultProtected = 2, FaultMinor = 4;

    internal const ulong ProtectOn = 1, ProtectDoNotWake = 2, ContinueProtected = 2;

    internal const byte EventFault = 0x12;

    /// <summary>
    /// Features: a flag for write faults, a signal instead of a message, the number of the thread that waits, missing
    /// and minor faults of shared memory, protection of it and of absent pages.
    /// </summary>
    internal const ulong FaultFlagFeature = 1 << 0, MissingSharedFeature = 1 << 5, SignalFeature = 1 << 7,
        ThreadFeature = 1 << 8, MinorSharedFeature = 1 << 10;
    internal const ulong ProtectSharedFeature = 1 << 12, ProtectAbsentFeature = 1 << 13, PoisonFeature = 1 << 14,
        ProtectAsyncFeature = 1 << 15;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ApiArguments
    {
        internal ulong Version;
        internal ulong Features;
        internal ulong Calls;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct RangeArguments
    {
        internal nint Start;
        internal nint Length;
    }

    /// <summary>Register, protect, continue and poison: a range, a mode, and an answer where there is one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ModeArguments
    {
        internal nint Start;
        internal nint Length;
        internal ulong Mode;
        internal long Done;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CopyArguments
    {
        internal nint Destination;
        internal nint Source;
        internal nint Length;
        internal ulong Mode;
        internal long Done;
    }

    /// <summary>What a read of the descriptor returns.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct Message
    {
        [FieldOffset(0)]
        internal readonly byte Event;

        [FieldOffset(8)]
        internal readonly ulong Flags;

        [FieldOffset(16)]
        internal readonly nint Address;

        [FieldOffset(24)]
        internal readonly int Thread;
    }
}
