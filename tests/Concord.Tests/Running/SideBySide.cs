using Xunit.v3;

namespace Concord.Tests.Running;

/// <summary>
/// Which tests run at the same time. Those that measure share the machine's caches, and what a test does to its process
/// another one would see: a test class runs by itself. But some only reckon, or start programs and wait for them: they
/// name one of these groups, as <c>[Collection(SideBySide.Simulation)]</c>. Groups run side by side, before all
/// others; the classes of one group run one after the other.
/// </summary>
internal sealed class SideBySide(IXunitTestAssembly assembly) : TestCollectionFactoryBase(assembly)
{
    /// <summary>Worlds without clocks, threads and files.</summary>
    internal const string Simulation = "simulation";

    /// <summary>The library changed and compiled anew, and tried in processes of its own.</summary>
    internal const string Variants = "variants";

    /// <summary>The command, which keeps things in places that all its processes know.</summary>
    internal const string Command = "command";

    /// <summary>Processes that end, crash, hang or are killed.</summary>
    internal const string Children = "children";

    /// <summary>Stores and streams on files of their own, whose answers are compared.</summary>
    internal const string Stores = "stores";

    /// <summary>Texts that are read and judged.</summary>
    internal const string Texts = "texts";

    private readonly XunitTestCollection _alone =
        new(assembly, collectionDefinition: null, disableParallelization: true, "one at a time");

    public override string DisplayName => "named groups side by side, then all others one at a time";

    protected override IXunitTestCollection GetDefaultTestCollection(Type testClass) => _alone;
}
