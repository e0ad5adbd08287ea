using System.Runtime.InteropServices;

namespace Concord.Nt.Interop.Linux;

/// <summary>The library that C of this process is linked with.</summary>
internal static class LibraryForC
{
    /// <summary>The address of what the library exports. Loads the library, which stays loaded.</summary>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="BadImageFormatException">The file is no library for this processor.</exception>
    /// <exception cref="EntryPointNotFoundException">The library exports nothing of that name.</exception>
    internal static nint Find(string library, string name) =>
        NativeLibrary.GetExport(NativeLibrary.Load(library), name);
}
