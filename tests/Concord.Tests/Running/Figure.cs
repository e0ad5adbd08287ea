namespace Concord.Tests.Running;

/// <summary>Something a test measured, beside what it should be.</summary>
/// <param name="Id">The number of the goal, for example R10 or P1; or the name of the part.</param>
/// <param name="What">What was measured.</param>
/// <param name="Value">The measured value, with its unit.</param>
/// <param name="Target">What it should be, with its unit.</param>
internal sealed record Figure(string Id, string What, string Value, string Target)
{
    private const string Prefix = "figure ";

    /// <summary>The name of the attachment that carries the figure through the runner's results.</summary>
    public string AttachmentName => $"{Prefix}{Id}: {What}";

    /// <summary>The value of the attachment.</summary>
    public string AttachmentValue => $"{Id}\t{What}\t{Value}\t{Target}";

    /// <summary>The figure that an attachment carries, or null when it carries something else.</summary>
    public static Figure? Read(string name, string value) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
            && value.Split('\t') is [var id, var what, var measured, var target]
            ? new Figure(id, what, measured, target)
            : null;
}
