namespace IkeCluster.Tests.TestKit;

/// <summary>Two sides with a wire on which every datagram waits until the test lets it go, or loses it.</summary>
internal interface IHeldWire : IDisposable
{
    int ToDialer { get; }

    int ToOther { get; }

    void DeliverToDialer(int which = 0);

    void DeliverToOther(int which = 0);

    void LoseToDialer();

    void LoseToOther();
}

/// <summary>
/// Every order in which datagrams can arrive, overtaking one another, one of all lost, and in which the second side can
/// begin: run by run from the start, each by a list of choices.
/// </summary>
internal static class Interleavings
{
    /// <summary>How many there were, each carried out and checked.</summary>
    /// <param name="make">A fresh world in which the dialer has begun.</param>
    /// <param name="begin">What the other side does at some point.</param>
    /// <param name="check">Called when nothing can happen any more.</param>
    public static int RunAll<T>(Func<T> make, Action<T> begin, Action<T> check)
        where T : IHeldWire
    {
        int runs = 0;
        for (int[]? schedule = []; schedule is not null; runs++)
        {
            using T world = make();
            schedule = Follow(new Run(world, () => begin(world)), schedule);
            check(world);
        }

        return runs;
    }

    /// <summary>Takes the choices as far as they go, then always the first; the next schedule in order, or null after the last.</summary>
    private static int[]? Follow(Run run, int[] schedule)
    {
        List<(int Taken, int Options)> choices = [];
        while (run.Options() is { Count: > 0 } options)
        {
            int taken = choices.Count < schedule.Length ? schedule[choices.Count] : 0;
            choices.Add((taken, options.Count));
            options[taken]();
        }

        int last = choices.FindLastIndex(choice => choice.Taken + 1 < choice.Options);
        return last < 0 ? null : [.. choices[..last].Select(choice => choice.Taken), choices[last].Taken + 1];
    }

    private sealed class Run(IHeldWire wire, Action begin)
    {
        private bool _hasBegun;
        private bool _hasLost;

        public List<Action> Options()
        {
            List<Action> options =
            [
                .. Enumerable.Range(0, wire.ToDialer).Select(which => (Action)(() => wire.DeliverToDialer(which))),
                .. Enumerable.Range(0, wire.ToOther).Select(which => (Action)(() => wire.DeliverToOther(which))),
            ];
            if (!_hasBegun)
            {
                options.Add(Begin);
            }

            if (!_hasLost && wire.ToDialer > 0)
            {
                options.Add(() => Lose(wire.LoseToDialer));
            }

            if (!_hasLost && wire.ToOther > 0)
            {
                options.Add(() => Lose(wire.LoseToOther));
            }

            return options;
        }

        private void Begin()
        {
            _hasBegun = true;
            begin();
        }

        private void Lose(Action lose)
        {
            lose();
            _hasLost = true;
        }
    }
}
