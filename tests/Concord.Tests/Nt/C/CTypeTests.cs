using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Concord.Nt;
using Concord.Nt.Native;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The headers for C say what the assembly says: gcc is asked for every layout, value and prototype that C# has, so
/// that neither side can change alone.
/// </summary>
public sealed unsafe class CTypeTests
{
    private const string Includes = "#include <ntddk.h>\n#include <ntifs.h>\n#include <stddef.h>\n#include <stdio.h>\n";

    private static readonly Type[] Structures =
    [
        typeof(LARGE_INTEGER), typeof(SECTION_OBJECT_POINTERS), typeof(IO_STATUS_BLOCK), typeof(FILE_OBJECT),
        typeof(CC_FILE_SIZES),
        typeof(CACHE_MANAGER_CALLBACKS), typeof(CACHE_UNINITIALIZE_EVENT), typeof(KEVENT), typeof(MDL),
        typeof(PUBLIC_BCB), typeof(UNICODE_STRING), typeof(ERESOURCE), typeof(FSRTL_COMMON_FCB_HEADER),
        typeof(FSRTL_ADVANCED_FCB_HEADER), typeof(CONCORD_STORE),
    ];

    private static readonly Type[] Enumerations = [typeof(EVENT_TYPE), typeof(MMFLUSH_TYPE), typeof(FAST_IO_POSSIBLE),
        typeof(LOCK_OPERATION)];

    /// <summary>What C has as a macro, since the original does.</summary>
    private static readonly string[] Macros =
    [
        "NT_SUCCESS", "CcIsFileCached", "MmGetSystemAddressForMdlSafe", "CcCopyWriteWontFlush", "FsRtlEnterFileSystem",
        "FsRtlExitFileSystem", "RtlInitUnicodeString",
    ];

    /// <summary>Parameters whose types C# says by their width alone.</summary>
    private static readonly Dictionary<string, string> TypesByName = new()
    {
        ["path"] = "const char *",
        ["oldIrql"] = "PKIRQL",
        ["waitReason"] = "KWAIT_REASON",
        ["waitMode"] = "KPROCESSOR_MODE",
        ["store"] = "const CONCORD_STORE *",
    };

    [Fact]
    public void Structures_have_the_sizes_and_offsets_of_those_in_CSharp()
    {
        var checks = new StringBuilder(Includes);
        foreach (var type in Structures)
        {
            checks.Append(Assertion($"sizeof({type.Name}) == {Marshal.SizeOf(type)}"));
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                string name = type == typeof(KEVENT) ? $"Header.{field.Name}" : field.Name;
                checks.Append(Assertion($"offsetof({type.Name}, {name}) == {Marshal.OffsetOf(type, field.Name)}"));
                checks.Append(Assertion($"sizeof((({type.Name} *)0)->{name}) == {SizeOf(field.FieldType)}"));
            }
        }

        checks.Append(Assertion("offsetof(IO_STATUS_BLOCK, Status) == 0 && offsetof(IO_STATUS_BLOCK, Pointer) == 0"));
        Check(checks.ToString());
    }

    [Fact]
    public void Every_constant_and_status_has_its_value_in_C()
    {
        var checks = new StringBuilder(Includes);
        var holders = Structures.Append(typeof(Ntifs)).Append(typeof(Ntddk)).Append(typeof(NtHost));
        foreach (var constant in holders.SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral))
        {
            checks.Append(Assertion($"{constant.Name} == {constant.GetRawConstantValue()}"));
        }

        foreach (object value in Enumerations.SelectMany(type => Enum.GetValues(type).Cast<object>()))
            checks.Append(Assertion($"{value} == {(int)value}"));
        foreach (var outcome in Enum.GetValues<CoherencyOutcome>())
            checks.Append(Assertion($"Concord{outcome} == {(int)outcome}"));
        foreach (var status in typeof(NTSTATUS).GetProperties(BindingFlags.Public | BindingFlags.Static))
        {
            checks.Append(Assertion($"{status.Name} == (NTSTATUS){((NTSTATUS)status.GetValue(null)!).Value}u"));
        }

        Check(checks.ToString());
    }

    [Fact]
    public void Every_routine_is_declared_with_the_types_of_its_entry_point()
    {
        var entries = EntryPoints();
        Assert.NotEmpty(entries);
        var checks = new StringBuilder(Includes);
        foreach (var entry in entries)
        {
            var parameters = entry.GetParameters();
            string list = parameters.Length == 0 ? "void" : string.Join(", ", parameters.Select(CTypeOf));
            checks.Append(Assertion(
                $"__builtin_types_compatible_p(__typeof__({entry.Name}), {CTypeOf(entry.ReturnType)}({list}))"));
        }

        Check(checks.ToString());
    }

    [Fact]
    public void Every_routine_of_CSharp_has_an_entry_point_with_its_parameters_in_order()
    {
        var entries = EntryPoints().ToDictionary(entry => entry.Name);
        var routines = ((Type[])[typeof(Ntifs), typeof(Ntddk)])
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(routine => !Macros.Contains(routine.Name));
        Assert.All(routines, routine =>
        {
            var entry = Assert.Contains(routine.Name, entries);
            Assert.Equal(
                routine.GetParameters().Append(routine.ReturnParameter)
                    .Select(parameter => $"{parameter.ParameterType} {parameter.Name}"),
                entry.GetParameters().Append(entry.ReturnParameter)
                    .Select(parameter => $"{parameter.ParameterType} {parameter.Name}"),
                StringComparer.OrdinalIgnoreCase);
        });
    }

    private static IReadOnlyList<MethodInfo> EntryPoints() =>
    [
        .. typeof(EntryPoints).GetMethods(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>() is not null)
            .Where(method => method.Name != "ConcordExit"),
    ];

    private static string Assertion(string holds) => $"_Static_assert({holds}, \"{holds}\");\n";

    private static void Check(string text)
    {
        Assert.SkipUnless(nint.Size == 8, SkipPolicy.OtherProcessor + "layouts of 64-bit processors");
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        c.Check("gcc", "-std=gnu11", text);
    }

    private static int SizeOf(Type type) => type.IsPointer || type.IsFunctionPointer ? nint.Size : Marshal.SizeOf(type);

    private static string CTypeOf(ParameterInfo parameter) =>
        TypesByName.GetValueOrDefault(parameter.Name!) ?? CTypeOf(parameter.ParameterType);

    /// <summary>How C writes a type; what has a name of its own in the originals has the same here.</summary>
    private static string CTypeOf(Type type)
    {
        // The one result of this kind is a text.
        if (type == typeof(byte*)) return "const char *";
        if (type.IsPointer) return CTypeOf(type.GetElementType()!) + " *";
        if (type.IsFunctionPointer)
        {
            var parameters = type.GetFunctionPointerParameterTypes().Select(parameter => CTypeOf(parameter));
            return $"{CTypeOf(type.GetFunctionPointerReturnType())} (*)({string.Join(", ", parameters)})";
        }

        return type == typeof(void) ? "void"
            : type == typeof(byte) ? "uint8_t"
            : type == typeof(int) ? "int32_t"
            : type == typeof(uint) ? "uint32_t"
            : type == typeof(ulong) ? "uint64_t"
            : type == typeof(nuint) ? "ULONG_PTR"
            : type == typeof(sbyte) ? "int8_t"
            : type == typeof(char) ? "uint16_t"
            : type.Name;
    }
}
