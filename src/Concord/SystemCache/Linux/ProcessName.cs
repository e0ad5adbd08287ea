using System.Text;

namespace Concord.SystemCache.Linux;

/// <summary>What people call a process: <c>process 4711 (postgres)</c>.</summary>
internal static class ProcessName
{
    internal static string Of(int processId)
    {
        byte[] text = [];
        int length = ProcessFile.ReadAll($"/proc/{processId}/comm", ref text);
        string name = length > 0 ? $" ({Encoding.UTF8.GetString(text.AsSpan(0, length)).TrimEnd('\n')})" : "";
        return processId == Environment.ProcessId ? $"process {processId}{name}, this one" : $"process {processId}{name}";
    }
}
