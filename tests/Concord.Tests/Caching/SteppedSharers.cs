using System.Reflection;
using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>Sharers that answer as others do; a test steps in behind one of their answers, once.</summary>
public class SteppedSharers : DispatchProxy
{
    private ISharers? _others;
    private string? _method;
    private Action? _step;

    /// <param name="others">Who answers.</param>
    /// <param name="method">Behind which answer the test steps in.</param>
    /// <param name="step">What it does.</param>
    internal static ISharers Over(ISharers others, string method, Action step)
    {
        var made = Create<ISharers, SteppedSharers>();
        var stepped = (SteppedSharers)(object)made;
        (stepped._others, stepped._method, stepped._step) = (others, method, step);
        return made;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object? answer = targetMethod!.Invoke(_others, args);
        if (targetMethod.Name == _method) Interlocked.Exchange(ref _step, null)?.Invoke();
        return answer;
    }
}
