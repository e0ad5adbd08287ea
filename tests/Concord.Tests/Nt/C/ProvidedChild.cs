using System.Runtime.InteropServices;
using System.Text;
using Concord.Nt;
using Concord.Tests.Interop;

namespace Concord.Tests.Nt.C;

/// <summary>
/// A .NET program with C in it: one that gives C its own cache, and says what it reads of what C wrote; or one that
/// does not, and says what C is told.
/// </summary>
internal static unsafe class ProvidedChild
{
    internal const string Name = "native-provided";

    /// <param name="args">The library, a file, and "shared" or "second".</param>
    internal static int Run(string[] args)
    {
        var (library, path) = (args[0], args[1]);
        using var cache = new FileCache();
        using var file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        return args[2] == "shared" ? Share(cache, file, library, path) : BeSecond(cache, library, path);
    }

    private static int Share(FileCache cache, CachedFile file, string library, string path)
    {
        NativeRoutines.Provide(cache, library);
        NativeRoutines.Provide(cache, library);
        var initialize = (delegate* unmanaged<FILE_OBJECT*, CC_FILE_SIZES*, byte, void*, void*, void>)CLibrary.Find(
            library, "CcInitializeCacheMap");
        var write = (delegate* unmanaged<FILE_OBJECT*, LARGE_INTEGER*, uint, byte, void*, byte>)CLibrary.Find(
            library, "CcCopyWrite");
        var close = (delegate* unmanaged<FILE_OBJECT*, NTSTATUS>)CLibrary.Find(library, "ConcordCloseFile");

        // One file, by C and by C# at the same time: what C wrote and did not flush, C# reads.
        if (Open(library, path, out var handle) != NTSTATUS.STATUS_SUCCESS) return 1;
        var sizes = new CC_FILE_SIZES { ValidDataLength = new LARGE_INTEGER { QuadPart = long.MaxValue } };
        initialize(handle, &sizes, 0, null, null);
        var start = new LARGE_INTEGER();
        fixed (byte* bytes = "shared"u8)
        {
            if (write(handle, &start, 6, 1, bytes) == 0) return 2;
        }

        byte[] seen = new byte[6];
        _ = file.Read(0, seen);
        Console.WriteLine(Encoding.UTF8.GetString(seen));
        return close(handle) == NTSTATUS.STATUS_SUCCESS ? 0 : 3;
    }

    private static int BeSecond(FileCache cache, string library, string path)
    {
        var lastError = (delegate* unmanaged<byte*>)CLibrary.Find(library, "ConcordLastError");
        Console.WriteLine(Open(library, path, out _));
        Console.WriteLine(Marshal.PtrToStringUTF8((nint)lastError()));
        try
        {
            NativeRoutines.Provide(cache, library);
            return 1;
        }
        catch (InvalidOperationException error)
        {
            Console.WriteLine(error.Message);
            return 0;
        }
    }

    private static NTSTATUS Open(string library, string path, out FILE_OBJECT* handle)
    {
        var open = (delegate* unmanaged<byte*, uint, FILE_OBJECT**, NTSTATUS>)CLibrary.Find(
            library, "ConcordOpenFile");
        FILE_OBJECT* opened = null;
        NTSTATUS status;
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0')) status = open(bytes, 0, &opened);
        handle = opened;
        return status;
    }
}
