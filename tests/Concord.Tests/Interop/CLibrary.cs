using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>A library for C, as a .NET program reaches it.</summary>
internal static class CLibrary
{
    /// <summary>The address of what a library exports.</summary>
    internal static nint Find(string library, string name) =>
        NativeLibrary.GetExport(NativeLibrary.Load(library), name);
}
