namespace Concord.Interop.Windows;

/// <summary>The system library of Windows. One import a file.</summary>
internal static partial class Kernel32
{
    private const string Name = "kernel32.dll";
}
