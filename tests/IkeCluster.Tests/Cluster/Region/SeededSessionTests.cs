using System.Globalization;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>
/// Few identities on many hosts, two loops that rekey too, a store that is slow or says nothing, and crashes: when it is quiet again, every
/// identity has one SA at most, nobody bears a mark, and the addresses are theirs who live.
/// </summary>
public sealed class SeededSessionTests
{
    private const int Steps = 60;
    private static readonly string[] Identities = ["alice@example.org", "bob@example.org"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void One_session_of_each_identity_is_left(int seed)
    {
        using var run = new Run(seed);
        for (int i = 0; i < Steps; i++)
        {
            run.Step();
        }

        run.Settle();
        run.Check();
    }

    private sealed class Run(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly List<RealPeer> _peers = [];
        private readonly LoopWorld _world = LoopWorld.WithRealEngine(
            Policies.RoadWarrior with { Unique = UniquePolicy.Replace, RekeyTime = TimeSpan.FromSeconds(90), RandTime = TimeSpan.FromSeconds(20) }, loops: 2);
        private readonly List<string> _story = [];
        private ulong _next;

        public void Step()
        {
            int what = _random.Next(20);
            _story.Add(what.ToString(CultureInfo.InvariantCulture));
            switch (what)
            {
                case < 7:
                    Login();
                    break;
                case < 9:
                    Act(peer => peer.Run((one, now) => one.RekeyIke(now)));
                    break;
                case < 10:
                    Act(peer => peer.Run((one, now) => one.Children.Count == 0 ? one.CheckLiveness(now) : one.RekeyChild(one.Children[0], now)));
                    break;
                case < 11:
                    Act(peer => peer.Run((one, now) => one.DeleteIke(now)));
                    break;
                case < 13:
                    _world.Store.IsHolding = true;
                    break;
                case < 15:
                    Release();
                    break;
                case < 16:
                    Doubt();
                    break;
                case < 17:
                    _world.Store.IsHolding = false;
                    _world.Store.Release();
                    _world.Start();
                    break;
                case < 18:
                    _world.Pass(TimeSpan.FromMinutes(_random.Next(2) == 0 ? 1 : 11));
                    break;
                default:
                    _world.Pass(TimeSpan.FromSeconds(_random.Next(1, 15)));
                    break;
            }

            _world.Run();
            Hear();
        }

        /// <summary>The store is well, and what was begun has time to end.</summary>
        public void Settle()
        {
            (_world.Store.Spoil, _world.Store.Refuse) = (_ => null, _ => null);
            Release();
            for (int i = 0; i < 8; i++)
            {
                _world.Pass(TimeSpan.FromMinutes(1));
                Hear();
            }
        }

        public void Check()
        {
            string story = $"seed {seed}: {string.Join(' ', _story)}";
            IkeSpi[] live = [.. _world.Store.LiveRows];
            Assert.True(live.Length <= Identities.Length, story);
            Assert.All(live, spi => Assert.Equal(Displacement.None, _world.Store.MarkOf(spi)));
            LeaseRow[] held = [.. _world.Store.Leases.Where(lease => lease.LocalSpi is not null)];
            Assert.True(held.All(lease => live.Contains(lease.LocalSpi!.Value)), story);
            Assert.Equal(held.Length, held.DistinctBy(lease => lease.Address).Count());
            Assert.Equal(held.Length, _world.Pools.Stats().Sum(pool => pool.Held));
            Assert.Equal(live.Length, _world.Established);
            Assert.Empty(_world.Events.Faults);
            Assert.Contains(_world.Events.Story, one => one is SaEvent.Ended { Cause: EndCause.Replaced or EndCause.InitialContact });
        }

        public void Dispose()
        {
            _peers.ForEach(peer => peer.Dispose());
            _world.Dispose();
        }

        private void Login()
        {
            ulong host = (ulong)_random.Next(1, 5);
            bool isInitialContact = _random.Next(5) == 0;
            var peer = new RealPeer(
                _world, ++_next + (1000 * (ulong)seed), Identities[_random.Next(Identities.Length)],
                settings => settings with { InitialContact = isInitialContact }, host)
            {
                Loop = _random.Next(2),
            };
            _peers.Add(peer);
            peer.Login();
        }

        private void Act(Action<RealPeer> act)
        {
            RealPeer[] idle = [.. _peers.Where(peer => peer.Initiator is { Sa: not null, IsBusy: false })];
            if (idle.Length > 0)
            {
                act(idle[_random.Next(idle.Length)]);
            }
        }

        /// <summary>The next few commits are written, or not, and nobody is told.</summary>
        private void Doubt()
        {
            int left = _random.Next(1, 4);
            bool isWritten = _random.Next(2) == 0;
            SaOutcomeKind? Answer(SaCommit commit) => left-- > 0 ? SaOutcomeKind.Unknown : null;
            if (isWritten)
            {
                _world.Store.Spoil = Answer;
            }
            else
            {
                _world.Store.Refuse = Answer;
            }
        }

        private void Release()
        {
            _world.Store.IsHolding = false;
            _world.Store.Release();
            _world.Run();
        }

        private void Hear()
        {
            foreach (RealPeer peer in _peers)
            {
                // Some hear nothing any more: their device is off.
                if (_random.Next(8) != 0)
                {
                    peer.Tick();
                }
                else
                {
                    peer.LoseAnswers();
                }
            }
        }
    }
}
