namespace Concord.Nt;

/// <summary>The threads that a signalled event releases. (NT: EVENT_TYPE.)</summary>
public enum EVENT_TYPE
{
    /// <summary>Everybody, until it is reset.</summary>
    NotificationEvent = 0,

    /// <summary>One who waits, and then it is not signalled any more.</summary>
    SynchronizationEvent = 1,
}
