using Concord.Stores.Http;

namespace Concord.Cli.Remote;

/// <summary>Addresses among the arguments of a command: what begins with a scheme, such as <c>https://</c>.</summary>
internal static class Addresses
{
    private const string SchemeEnd = "://";

    /// <summary>Whether one of the arguments is an address. A path that looks so is named <c>./https:...</c>.</summary>
    internal static bool AreAmong(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (IsOne(arguments[i])) return true;
        }

        return false;
    }

    internal static bool IsOne(string argument)
    {
        int end = argument.IndexOf(SchemeEnd, StringComparison.Ordinal);
        for (int i = 0; i < end; i++)
        {
            if (!char.IsAsciiLetterOrDigit(argument[i]) && argument[i] is not ('+' or '-' or '.')) return false;
        }

        return end > 0;
    }

    /// <summary>The address of an argument.</summary>
    /// <exception cref="ArgumentException">It is none that can be read.</exception>
    internal static Uri Parse(string argument)
    {
        if (!IsOne(argument))
            throw new ArgumentException("files and addresses do not go together; name them in two commands");
        string scheme = argument[..argument.IndexOf(SchemeEnd, StringComparison.Ordinal)];
        if (scheme is not ("http" or "https"))
            throw new ArgumentException($"{scheme}{SchemeEnd} is not read; its service has addresses with https://");
        return Uri.TryCreate(argument, UriKind.Absolute, out Uri? address)
            ? address
            : throw new ArgumentException("this is no address; write https://HOST/PATH");
    }

    /// <summary>An argument in messages: an address without what may be secret, user, password and query.</summary>
    internal static string Show(string argument)
    {
        if (!IsOne(argument)) return argument;
        if (!Uri.TryCreate(argument, UriKind.Absolute, out Uri? address))
            return argument[..(argument.IndexOf(SchemeEnd, StringComparison.Ordinal) + SchemeEnd.Length)] + "...";
        string shown = new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri
            .GetLeftPart(UriPartial.Path);
        return address.Query.Length == 0 ? shown : shown + "?...";
    }

    /// <summary>Opens the file behind an address. Blocks until the server has answered.</summary>
    /// <exception cref="ArgumentException">It is no address that can be read.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static HttpStore Open(string argument, HttpVersionCheck check, CancellationToken cancellationToken)
    {
        var options = new HttpStoreOptions { VersionCheck = check };
        try
        {
            return HttpStore.OpenAsync(Parse(argument), options, cancellationToken: cancellationToken)
                .GetAwaiter().GetResult();
        }
        catch (IOException error) when (error.Message.Contains(CodeHint, StringComparison.Ordinal))
        {
            throw new IOException(error.Message.Replace(CodeHint, CommandHint, StringComparison.Ordinal), error);
        }
    }

    private const string CodeHint = $"{nameof(HttpStoreOptions)}.{nameof(HttpStoreOptions.VersionCheck)}";

    private const string CommandHint = "--version-check";
}
