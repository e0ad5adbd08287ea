namespace Concord.Cli.Actions;

/// <summary>Names of states in documents.</summary>
internal static class Names
{
    /// <summary>The name with a small first letter, as every name in the documents begins.</summary>
    internal static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
