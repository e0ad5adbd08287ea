using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static unsafe partial class Kernel32
{
    internal const int RelationCache = 2;

    /// <summary>The part of SYSTEM_LOGICAL_PROCESSOR_INFORMATION of a 64-bit process that describes a cache.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct ProcessorRelation
    {
        [FieldOffset(8)]
        internal int Relation;

        /// <summary>CACHE_DESCRIPTOR.LineSize, after the level and the associativity.</summary>
        [FieldOffset(18)]
        internal ushort CacheLineSize;
    }

    [LibraryImport(Name, EntryPoint = "GetLogicalProcessorInformation", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetLogicalProcessorInformation(ProcessorRelation* relations, ref uint bytes);
}
