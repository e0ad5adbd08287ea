using Amazon.Runtime;

namespace Concord.Stores.S3;

/// <summary>Which object an <see cref="S3Store"/> shows, and how a client of its own reaches the service.</summary>
/// <remarks>
/// Region, address and credentials are for a store that makes its client itself; one that is given a client uses it as
/// it is.
/// </remarks>
public sealed record S3StoreOptions
{
    private readonly Uri? _serviceUrl;

    /// <summary>
    /// The version to show for ever, in a bucket that keeps versions. Null for the one that is current when the store
    /// is opened, and after each refresh; the default.
    /// </summary>
    public string? VersionId { get; init; }

    /// <summary>The bucket's region, as <c>eu-central-1</c>. Null for that of the environment; the default.</summary>
    public string? Region { get; init; }

    /// <summary>
    /// The address of a service that is not Amazon's; buckets are then the first part of the path. Null for Amazon's;
    /// the default.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The value is no address of HTTP or HTTPS, or has a user, a password or a query.
    /// </exception>
    public Uri? ServiceUrl
    {
        get => _serviceUrl;
        init => _serviceUrl = value is null || IsPlain(value)
            ? value
            : throw new ArgumentException(
                "it must be an address that begins with http:// or https://, without user, password and query",
                nameof(value));
    }

    /// <summary>
    /// Who asks. Null for what the environment says (variables, profiles, the machine's role); the default. For objects
    /// that anybody may read, <see cref="AnonymousAWSCredentials"/>.
    /// </summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>
    /// How long the service may say nothing, before its first byte (with a client of the store's own) or between two
    /// pieces of an answer: 30 s by default, more than zero.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative or more than a day.</exception>
    public TimeSpan AnswerTimeout
    {
        get => Rules.AnswerTimeout;
        init => Rules = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? Rules with { AnswerTimeout = value }
            : throw new ArgumentOutOfRangeException(nameof(value), value, "it must be more than zero, at most a day");
    }

    /// <summary>How answers are asked for again that end early; the client asks again after other failures.</summary>
    internal RetryRules Rules { get; init; } = new();

    /// <summary>The options, without who asks. Does not block.</summary>
    public override string ToString() => $"{nameof(S3StoreOptions)} {{ {nameof(VersionId)} = {VersionId}, "
        + $"{nameof(Region)} = {Region}, {nameof(ServiceUrl)} = {ServiceUrl}, "
        + $"{nameof(AnswerTimeout)} = {AnswerTimeout} }}";

    private static bool IsPlain(Uri address) =>
        address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.UserInfo.Length == 0 && address.Query.Length == 0;
}
