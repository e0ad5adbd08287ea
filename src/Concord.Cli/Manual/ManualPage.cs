using System.Text;

namespace Concord.Cli.Manual;

/// <summary>The manual page, in the language of man(7).</summary>
internal static class ManualPage
{
    private static readonly (string Code, string Meaning)[] Codes =
    [
        ("0", "All is done, and every figure is known."),
        ("1", "Something stayed in the cache, or a figure cannot be known."),
        ("2", "Something failed, or the command line is wrong."),
        ("129, 130, 143", "Stopped by SIGHUP, Ctrl-C or SIGTERM; lock and watch, which end so, return 0."),
        ("141", "Nobody reads the output any more."),
    ];

    private static readonly (string Line, string Meaning)[] Examples =
    [
        ("concord status /var/lib/db", "What of a directory is in the cache."),
        ("concord purge data.db", "Write back, make durable, drop; what stays is named with its holder."),
        ("concord snapshot /var/lib/db > list", "List what is resident, before a reboot."),
        ("concord load --files-from list --rate 200M", "Bring just that back, at a pace."),
        ("find . -name '*.idx' -print0 | concord load --files-from - -0", "Load what another program finds."),
        ("concord load --tier ~/.cache/tier https://example.org/a.zip", "Bring a file of a server onto the disk."),
        ("concord cat --tier ~/.cache/tier --range 1G:64k https://example.org/a.zip", "Read a part of it."),
        ("concord lock --daemon --pid-file /run/hot.pid hot.db", "Keep a file in memory; kill lets it go."),
    ];

    internal static string Write(Definition definition, string version)
    {
        var text = new StringBuilder();
        text.Append($".TH CONCORD 1 \"\" \"concord {version}\" \"User Commands\"\n");
        text.Append(".SH NAME\nconcord \\- show, load, flush and purge what is in the caches\n");
        text.Append(".SH SYNOPSIS\n");
        foreach (DefinedCommand command in definition.Commands)
        {
            text.Append($".B concord {command.Name}\n{Escape($"[option...] {command.Arguments}".TrimEnd())}\n.br\n");
        }

        text.Append($".SH DESCRIPTION\n{Escape(definition.Description)}\n");
        text.Append(".SH COMMANDS\n");
        foreach (DefinedCommand command in definition.Commands)
        {
            text.Append($".SS concord {command.Name} {Escape(command.Arguments)}".TrimEnd()).Append('\n');
            text.Append($"{Escape(command.Description)}\n");
            AppendOptions(text, command.Options);
        }

        text.Append(".SH OPTIONS WITHOUT A COMMAND\n");
        AppendOptions(text, definition.Options);
        text.Append(".SH SIZES\n");
        text.Append(Escape(
            "Bytes, or a number with a unit: k, M, G, T and P, alone or with iB, count in 1024s; with B in 1000s."));
        text.Append("\n.SH EXIT STATUS\n");
        foreach ((string code, string meaning) in Codes) text.Append($".TP\n.B {code}\n{Escape(meaning)}\n");
        text.Append(".SH EXAMPLES\n");
        foreach ((string line, string meaning) in Examples) text.Append($".TP\n.B {Escape(line)}\n{Escape(meaning)}\n");
        text.Append(".SH SEE ALSO\n.BR posix_fadvise (2),\n.BR mlock (2),\n.BR cachestat (2)\n");
        return text.ToString();
    }

    private static void AppendOptions(StringBuilder text, IEnumerable<DefinedOption> options)
    {
        foreach (DefinedOption option in options)
        {
            string value = option.Value is { } name ? $" {name}" : "";
            string names = string.Join(", ", option.Names.Select(other => other + value));
            text.Append($".TP\n.B {Escape(names)}\n{Escape(option.Description)}\n");
        }
    }

    /// <summary>Text as it is shown: no line of it is a request, and a hyphen stays one when it is copied.</summary>
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e").Replace("-", "\\-");
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
