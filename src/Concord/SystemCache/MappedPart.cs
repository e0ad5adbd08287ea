namespace Concord.SystemCache;

/// <summary>A part of a file that a process maps.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Address">Where the part begins in that process's memory.</param>
/// <param name="Range">The bytes of the file that it shows, whole pages.</param>
/// <param name="IsShared">Whether writes go to the file; otherwise they go to private copies.</param>
/// <param name="IsExecutable">Whether the process may run the bytes: it is the program, or a library of it.</param>
internal readonly record struct MappedPart(int ProcessId, ulong Address, ByteRange Range, bool IsShared,
    bool IsExecutable);
