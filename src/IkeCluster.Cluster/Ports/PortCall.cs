namespace IkeCluster.Cluster.Ports;

/// <summary>
/// A port's answer that may not have come yet. A turn runs to its end, so the loop looks at it instead of awaiting it;
/// the loop is woken when it comes.
/// </summary>
internal readonly struct PortCall<T>
{
    private readonly Task<T> _answer;

    private PortCall(Task<T> answer) => _answer = answer;

    public bool IsCompleted => _answer.IsCompleted;

    /// <summary>Starts the call; one that throws before it returns is a call that failed.</summary>
    public static PortCall<T> Start<TArgument>(Func<TArgument, ValueTask<T>> call, TArgument argument, Action wake)
    {
        try
        {
            Task<T> answer = call(argument).AsTask();
            if (!answer.IsCompleted)
            {
                answer.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(wake);
            }

            return new PortCall<T>(answer);
        }
        catch (Exception fault)
        {
            return new PortCall<T>(Task.FromException<T>(fault));
        }
    }

    /// <summary>Takes the answer, which has come; false where the call failed.</summary>
    public bool TryTake(out T answer, out string? fault)
    {
        fault = _answer.Exception?.InnerException?.Message ?? (_answer.IsCanceled ? "the call was given up" : null);
        answer = fault is null ? _answer.GetAwaiter().GetResult() : default!;
        return fault is null;
    }
}
