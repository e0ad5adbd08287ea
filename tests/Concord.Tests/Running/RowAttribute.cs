using Xunit.v3;

namespace Concord.Tests.Running;

/// <summary>
/// Marks a test as the proof of numbered rows of the contract. <c>docs/internals/rows.md</c> is generated from these
/// traits and the runner's results: a row counts when a test that carries it has passed.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class RowAttribute(params int[] rows) : Attribute, ITraitAttribute
{
    public int[] Rows { get; } = rows;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. Rows.Select(row => new KeyValuePair<string, string>("Row", row.ToString(null, null)))];
}
