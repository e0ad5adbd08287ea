namespace Concord.Stores.Http;

/// <summary>How an <see cref="HttpStore"/> knows that two answers show the same version of a file.</summary>
public enum HttpVersionCheck
{
    /// <summary>
    /// By the strong entity tag, which the server compares with every request (<c>If-Match</c>). Nothing else is exact.
    /// </summary>
    StrongTag,

    /// <summary>
    /// By the time of the last change, which has whole seconds, and the length: two changes within a second that keep
    /// the length are taken for one. For servers without strong tags.
    /// </summary>
    LastModified,

    /// <summary>
    /// By the length alone: for files that never change while they have their name, on servers that tell nothing else.
    /// </summary>
    Length,
}
