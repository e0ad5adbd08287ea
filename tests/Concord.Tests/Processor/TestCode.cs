using Concord.Interop;
using Iced.Intel;

namespace Concord.Tests.Processor;

/// <summary>Machine code that tests assemble for themselves.</summary>
internal static class TestCode
{
    public static nint Publish(Assembler assembler)
    {
        var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), 0);
        return NativeSystem.Current!.PublishCode(code.ToArray());
    }
}
