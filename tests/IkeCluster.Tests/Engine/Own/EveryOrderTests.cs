using IkeCluster.Engine;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>
/// Both sides begin something at once, and every order in which the wire can hand over what they say is tried, without
/// and with one accident: a loss, a copy, a crash of whoever receives (RFC 7296 §2.8.1, 2.8.2, 2.25.1, 2.25.2). Whatever the order, both sides agree in the end.
/// </summary>
public sealed class EveryOrderTests
{
    public enum Act
    {
        RekeyChild,
        RekeyIke,
        DeleteChild,
        DeleteIke,
    }

    public static TheoryData<Act, Act> Pairs()
    {
        var pairs = new TheoryData<Act, Act>();
        foreach (Act ours in Enum.GetValues<Act>())
        {
            foreach (Act theirs in Enum.GetValues<Act>())
            {
                pairs.Add(ours, theirs);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Both_sides_agree_in_the_end(Act ours, Act theirs)
    {
        int orders = 0;
        var kept = new HashSet<bool>();
        for (ulong seed = 1; seed <= 4; seed++)
        {
            var order = new Choices();
            do
            {
                order.Begin();
                kept.UnionWith(Run(ours, theirs, seed, order));
                orders++;
            }
            while (order.TryNext());
        }

        Assert.InRange(orders, 64, int.MaxValue);

        // The seeds hold clashes that either side wins.
        if (ours == theirs && ours is Act.RekeyChild or Act.RekeyIke)
        {
            Assert.Equal(2, kept.Count);
        }
    }

    private static IEnumerable<bool> Run(Act ours, Act theirs, ulong seed, Choices order)
    {
        using var two = new TwoSides(
            policy => policy with { RekeyTime = TimeSpan.Zero, Children = [policy.Children[0] with { RekeyTime = TimeSpan.Zero, LifeTime = TimeSpan.Zero }] },
            "aes256gcm16", seed);
        try
        {
            Begin(two.A, ours);
            Begin(two.B, theirs);
            Deliver(two, order);
            two.Rest(TimeSpan.FromMinutes(30));
            Judge(two, [ours, theirs]);
            return two.A.World.Events.OfType<SaEvent.Collided>().Select(clash => clash.KeptOurs);
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{ours} against {theirs}, seed {seed}, order {order}", fault);
        }
    }

    private static void Begin(Side side, Act act) => _ = act switch
    {
        Act.RekeyChild => side.RekeyChild(),
        Act.RekeyIke => side.RekeyIke(),
        Act.DeleteChild => side.DeleteChild(),
        _ => side.DeleteIke(),
    };

    private static void Deliver(TwoSides two, Choices order)
    {
        bool hasAccident = false;
        while (two.A.Wire.Count + two.B.Wire.Count > 0)
        {
            Side from = two.B.Wire.Count == 0 || (two.A.Wire.Count > 0 && order.Take(2) == 0) ? two.A : two.B;
            int accident = hasAccident ? 0 : order.Take(4);
            hasAccident = accident != 0;
            switch (accident)
            {
                case 1:
                    from.Lose();
                    break;
                case 2:
                    from.HandOver();
                    from.Other.Crash();
                    break;
                case 3:
                    byte[] twice = from.Take();
                    from.Deliver(twice);
                    from.Deliver(twice);
                    break;
                default:
                    from.HandOver();
                    break;
            }
        }
    }

    private static void Judge(TwoSides two, Act[] acts)
    {
        Assert.DoesNotContain(two.A.World.Events.Concat(two.B.World.Events), told => told is SaEvent.Ended { Cause: EndCause.NoAnswer or EndCause.Failed });
        if (acts.Contains(Act.DeleteIke))
        {
            Assert.Empty(two.A.World.Sas);
            Assert.Empty(two.B.World.Sas);
            Assert.Empty(two.A.World.Installed);
            Assert.Empty(two.B.World.Installed);
            return;
        }

        two.AssertAgree(acts.Contains(Act.DeleteChild) ? 0 : 1);
    }

    /// <summary>Walks a tree of choices, one path at a time, depth first.</summary>
    private sealed class Choices
    {
        /// <summary>The clash is over by then; what is left follows one order.</summary>
        private const int DepthMax = 7;

        private readonly List<(int Taken, int Of)> _path = [];
        private int _at;

        public void Begin() => _at = 0;

        public int Take(int of)
        {
            if (_at == DepthMax)
            {
                return 0;
            }

            if (_at == _path.Count)
            {
                _path.Add((0, of));
            }

            return _path[_at++].Taken;
        }

        public bool TryNext()
        {
            while (_path.Count > 0 && _path[^1].Taken == _path[^1].Of - 1)
            {
                _path.RemoveAt(_path.Count - 1);
            }

            if (_path.Count == 0)
            {
                return false;
            }

            _path[^1] = (_path[^1].Taken + 1, _path[^1].Of);
            return true;
        }

        public override string ToString() => string.Concat(_path.Select(choice => choice.Taken));
    }
}
