namespace Concord.Nt;

/// <summary>What <see cref="Ntifs.MmFlushImageSection"/> is asked for. (NT: MMFLUSH_TYPE.)</summary>
public enum MMFLUSH_TYPE
{
    /// <summary>The file is to be deleted.</summary>
    MmFlushForDelete = 0,

    /// <summary>The file is to be opened for writing.</summary>
    MmFlushForWrite = 1,
}
