using Concord.Nt;

namespace Concord.Tests.Nt;

/// <summary>Rules checked for the length of a test's step.</summary>
internal static class NtRules
{
    internal static void Checked(Action action)
    {
        NtChecks.IsEnabled = true;
        try
        {
            action();
        }
        finally
        {
            NtChecks.IsEnabled = false;
        }
    }
}
