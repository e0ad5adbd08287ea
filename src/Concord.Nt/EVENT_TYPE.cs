namespace Concord.Nt;

/// <summary>Whom a signalled event lets go on. (NT: EVENT_TYPE.)</summary>
public enum EVENT_TYPE
{
    /// <summary>Everybody, until it is reset.</summary>
    NotificationEvent = 0,

    /// <summary>One who waits, and then it is not signalled any more.</summary>
    SynchronizationEvent = 1,
}
