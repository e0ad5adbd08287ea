namespace Concord.Nt;

/// <summary>What is going to be done with pages that are locked in memory. (NT: LOCK_OPERATION.)</summary>
public enum LOCK_OPERATION
{
    /// <summary>They are read.</summary>
    IoReadAccess = 0,

    /// <summary>They are written.</summary>
    IoWriteAccess = 1,

    /// <summary>They are read and written.</summary>
    IoModifyAccess = 2,
}
