namespace Concord.Interop.MacOs;

/// <summary>The system library of macOS. One import a file.</summary>
internal static partial class LibSystem
{
    private const string Name = "libSystem.dylib";
}
