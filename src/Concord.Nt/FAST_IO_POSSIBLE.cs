namespace Concord.Nt;

/// <summary>Whether the FsRtl routines may read and write a stream themselves. (NT: FAST_IO_POSSIBLE.)</summary>
public enum FAST_IO_POSSIBLE
{
    /// <summary>They leave all calls to the file system.</summary>
    FastIoIsNotPossible = 0,

    /// <summary>They may.</summary>
    FastIoIsPossible = 1,

    /// <summary>The file system would have to be asked; the routines cannot ask it, and leave the call to it.</summary>
    FastIoIsQuestionable = 2,
}
