using System.Runtime.InteropServices;

namespace Concord.Interop;

/// <summary>A piece of memory that a gathered call takes: the layout of <c>struct iovec</c>.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">Bytes.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct IoVector(nint Address, nint Length);
