using System.Collections.Concurrent;

namespace Concord.Nt.Native;

/// <summary>The files that C has opened, by their file objects, and the cache they share.</summary>
internal static unsafe class NativeFiles
{
    private const uint ReadOnly = 0x1, Create = 0x2, SystemCache = 0x4;

    /// <summary>The options' own word for "a part of what the program may use".</summary>
    private const long CapacityBytesDefault = 0;

    private static readonly ConcurrentDictionary<nint, OpenFile> Open = new();

    // Gate owns Cache: there is one for the program, made with its first file.
    private static readonly Lock Gate = new();
    private static FileCache? Cache;

    /// <summary>The program's one cache, made when it is first needed.</summary>
    internal static FileCache Shared
    {
        get
        {
            lock (Gate) return Cache ??= MakeCache(CapacityBytesDefault);
        }
    }

    internal static void SetCapacity(ulong bytes)
    {
        lock (Gate)
        {
            if (Cache is not null)
                throw new ArgumentException("the capacity is set once, before the first file is opened");

            // Made now, so that a capacity that is too little is refused here.
            Cache = MakeCache(checked((long)bytes));
        }
    }

    /// <summary>C's files are to be opened through a cache of the program.</summary>
    /// <exception cref="InvalidOperationException">C's files have a cache already, another one.</exception>
    internal static void Use(FileCache cache)
    {
        lock (Gate)
        {
            if (Cache is not null && Cache != cache)
                throw new InvalidOperationException("C code of this process uses another cache already");
            Cache = cache;
        }
    }

    internal static FILE_OBJECT* OpenByPath(string path, uint flags)
    {
        CheckFlags(flags, ReadOnly | Create | SystemCache);
        var file = (flags & SystemCache) != 0 ? OpenInSystemCache(path, flags) : OpenInCache(path, flags);
        var fileObject = file.Handle.FileObject;
        Open[(nint)fileObject] = file;
        return fileObject;
    }

    /// <summary>Opens a file in the program's cache, for a file object that a file system brings.</summary>
    internal static CachedFile OpenCached(string path, uint flags)
    {
        CheckFlags(flags, ReadOnly | Create);
        var mode = (flags & Create) != 0 ? FileMode.OpenOrCreate : FileMode.Open;
        var access = (flags & ReadOnly) != 0 ? FileAccess.Read : FileAccess.ReadWrite;
        lock (Gate) return (Cache ??= MakeCache(CapacityBytesDefault)).Open(path, mode, access);
    }

    /// <summary>Takes the lock of a stream, which is the control block's where a file system hosts it.</summary>
    /// <returns>Whether a thread had it that has ended.</returns>
    internal static bool Acquire(FILE_OBJECT* fileObject, ResourceAccess access)
    {
        if (HostOf(fileObject) is { } host) return host.Acquire(access);
        var file = OpenAt(fileObject).Handle;
        if (access == ResourceAccess.Exclusive) file.AcquireExclusive();
        else file.AcquireShared();
        return file.WasAbandoned;
    }

    /// <summary>Ends the thread's latest <see cref="Acquire"/>.</summary>
    /// <exception cref="InvalidOperationException">The thread does not have the lock; nothing changed.</exception>
    internal static void Release(FILE_OBJECT* fileObject)
    {
        if (HostOf(fileObject) is { } host) host.Release();
        else OpenAt(fileObject).Handle.Release();
    }

    private static HostedStream? HostOf(FILE_OBJECT* fileObject) => NtFile.Of(fileObject)?.Stream.Host;

    /// <summary>Closes a file, and ends its caching; when that fails it stays open, and C can go on with it.</summary>
    internal static void Close(FILE_OBJECT* fileObject)
    {
        var file = OpenAt(fileObject);
        if (file.Handle.IsAcquiredExclusively)
            throw new InvalidOperationException(
                "this thread has acquired the file: closing would wait for its release");
        file.Handle.Stream.RefuseToLeave();
        if (file.Cached is not null)
        {
            file.Cached.Close();
            _ = file.Handle.Stream.RemoveCaching(file.Handle);
        }

        file.Handle.Dispose();

        // This one and no other: the memory is free by now, and may be another file's object already.
        Open.TryRemove(new KeyValuePair<nint, OpenFile>((nint)fileObject, file));
    }

    private static void CheckFlags(uint flags, uint known)
    {
        if ((flags & ~known) != 0) throw new ArgumentException($"Flags has unknown bits: 0x{flags:X}");
        if ((flags & ReadOnly) != 0 && (flags & Create) != 0)
            throw new ArgumentException("Flags asks to make a file and only to read it");
    }

    private static OpenFile OpenAt(FILE_OBJECT* fileObject) => Open.TryGetValue((nint)fileObject, out var file)
        ? file
        : throw new ArgumentException(
            HostOf(fileObject) is not null
                ? "FileObject is a file system's own: ConcordDetach ends it"
                : "FileObject is not one that ConcordOpenFile gave and ConcordCloseFile has not taken");

    private static OpenFile OpenInCache(string path, uint flags)
    {
        var cached = OpenCached(path, flags);
        try
        {
            return new OpenFile(NtFile.From(cached), cached);
        }
        catch
        {
            // Nothing was written through it.
            cached.Dispose();
            throw;
        }
    }

    private static OpenFile OpenInSystemCache(string path, uint flags)
    {
        if ((flags & Create) != 0)
            throw new ArgumentException(
                "Flags asks to make a file in the system's cache, which opens only what is there");
        return new OpenFile(NtFile.Open(path), null);
    }

    private static FileCache MakeCache(long capacityBytes) =>
        new(new FileCacheOptions { CapacityBytes = capacityBytes });

    private sealed record OpenFile(NtFile Handle, CachedFile? Cached);
}
