namespace Concord.Tests.House;

/// <summary>Something that breaks a rule of the house, and where.</summary>
/// <param name="Path">The file, relative to the repository's root, with forward slashes.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Message">What is wrong and what would be right.</param>
internal sealed record Finding(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}
