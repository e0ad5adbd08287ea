using Concord.Interop;

namespace Concord.Tests.Processor;

/// <summary>An owner of foreign ranges that writes down what it was asked.</summary>
internal sealed class RecordingOwner : IForeignRange
{
    public List<(nint Address, nuint Length, bool Invalidate)> Calls { get; } = [];

    public void FlushLines(nint address, nuint length, bool invalidate) => Calls.Add((address, length, invalidate));
}
