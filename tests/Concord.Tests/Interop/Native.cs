namespace Concord.Tests.Interop;

/// <summary>Imports that only tests need. One a file.</summary>
internal static partial class Native
{
    private const string LibC = "libc";
}
