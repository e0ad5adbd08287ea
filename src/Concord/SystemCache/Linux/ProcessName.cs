using System.Text;
using Concord.Interop;

namespace Concord.SystemCache.Linux;

/// <summary>A process's name for messages: <c>process 4711 (postgres)</c>.</summary>
internal static class ProcessName
{
    internal static string Of(ProcessFolder process)
    {
        byte[] text = [];
        int length = process.ReadAll("comm", ref text);
        string told = Encoding.UTF8.GetString(text.AsSpan(0, Math.Max(length, 0))).TrimEnd('\n');
        string name = length > 0 ? $" ({ShownText.Of(told)})" : "";
        return process.Id == Environment.ProcessId
            ? $"process {process.Id}{name}, this one"
            : $"process {process.Id}{name}";
    }
}
