using System.Text;

namespace Concord.Stores.Http;

/// <summary>
/// An address as it is asked, and as it is shown. What may be secret is in no message: user, password and query.
/// </summary>
internal sealed class RemoteAddress
{
    /// <exception cref="ArgumentException">It is not an absolute address of HTTP or HTTPS.</exception>
    internal RemoteAddress(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || !IsHttp(address))
        {
            throw new ArgumentException(
                "it must be an absolute address that begins with http:// or https://", nameof(address));
        }

        string user = address.GetComponents(UriComponents.UserInfo, UriFormat.Unescaped);
        Authorization = user.Length == 0 ? null : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(user))}";
        Target = new UriBuilder(address) { UserName = "", Password = "", Fragment = "" }.Uri;
        Shown = Target.GetLeftPart(UriPartial.Path) + (Target.Query.Length == 0 ? "" : "?...");
    }

    /// <summary>Where requests go.</summary>
    internal Uri Target { get; }

    /// <summary>The address in messages.</summary>
    internal string Shown { get; }

    /// <summary>The header of the user and password that the address had, or null.</summary>
    internal string? Authorization { get; }

    /// <summary>Whether requests to another address may carry what is meant for this one.</summary>
    internal bool IsSameOrigin(Uri other) => Uri.Compare(
        Target, other, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>Whether a redirect from one address to another may be followed.</summary>
    internal static bool MayFollow(Uri from, Uri to) =>
        IsHttp(to) && (to.Scheme == Uri.UriSchemeHttps || from.Scheme == Uri.UriSchemeHttp);

    private static bool IsHttp(Uri address) =>
        address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps;
}
