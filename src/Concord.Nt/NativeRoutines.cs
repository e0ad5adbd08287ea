using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using Concord.Nt.Interop.Linux;
using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>
/// For a .NET program that has C in it: one Concord for both, so that what C writes and what C# reads are the same
/// bytes.
/// </summary>
public static unsafe class NativeRoutines
{
    /// <summary>The name by which the dynamic linker knows the library for C.</summary>
    public const string LibraryName = "libconcord.so.0";

    private const BindingFlags EntryPointFlags =
        BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>
    /// From now on the routines that C in this process calls are this program's, and ConcordOpenFile opens files
    /// through a cache of this program. Call it before C makes its first call. Loads the library, which stays loaded.
    /// Blocks.
    /// </summary>
    /// <param name="cache">
    /// The cache; stays open as long as C has files open. The program closes it, and so ends it for C too.
    /// </param>
    /// <param name="library">The library's path, or the name to look for.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="DllNotFoundException">There is no such library; nothing changed.</exception>
    /// <exception cref="BadImageFormatException">
    /// The file is no library for this processor; nothing changed.
    /// </exception>
    /// <exception cref="EntryPointNotFoundException">The library is not Concord's, or an older one.</exception>
    /// <exception cref="InvalidOperationException">
    /// C has begun with a Concord of its own, has opened a file already, or the library is another version's: nothing
    /// changed.
    /// </exception>
    /// <remarks>Thread safe. A second call with the same cache does nothing.</remarks>
    public static void Provide(FileCache cache, string library = LibraryName)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(library);
        var provide = (delegate* unmanaged<delegate* unmanaged<byte*, void*>, NTSTATUS>)LibraryForC.Find(
            library, "ConcordProvide");
        NativeFiles.Use(cache);
        var status = provide(&Find);
        if (Ntifs.NT_SUCCESS(status)) return;
        throw new InvalidOperationException(status == NTSTATUS.STATUS_RESOURCE_IN_USE
            ? "C code of this process has begun with a Concord of its own: call this before its first call"
            : $"the library is of another version than this assembly ({status})");
    }

    /// <summary>An entry point by its name; null if there is none.</summary>
    [DynamicDependency(DynamicallyAccessedMemberTypes.NonPublicMethods, typeof(EntryPoints))]
    [UnmanagedCallersOnly]
    private static void* Find(byte* name)
    {
        var entry = typeof(EntryPoints).GetMethod(Marshal.PtrToStringUTF8((nint)name) ?? "", EntryPointFlags);
        return entry is null ? null : (void*)entry.MethodHandle.GetFunctionPointer();
    }
}
