namespace Concord.Nt;

/// <summary>
/// Something that threads wait for until it is signalled; made by <see cref="Ntddk.KeInitializeEvent"/>. (NT: KEVENT.)
/// </summary>
public unsafe struct KEVENT
{
    /// <summary>An <see cref="EVENT_TYPE"/>.</summary>
    public byte Type;

    /// <summary>Not used here.</summary>
    public byte Signalling;

    /// <summary>Four-byte words of this structure.</summary>
    public byte Size;

    /// <summary>Not used here.</summary>
    public byte Reserved;

    /// <summary>Not 0 when it is signalled.</summary>
    public int SignalState;

    /// <summary>Not used here.</summary>
    public fixed ulong WaitListHead[2];
}
