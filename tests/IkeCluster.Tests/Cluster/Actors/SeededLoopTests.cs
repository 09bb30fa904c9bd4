using System.Buffers.Binary;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Commit;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>
/// Many peers, a store that loses answers and refuses, sums that come late, faults, naps and restarts, in an order that a
/// seed decides; after each step the guarantees are looked at.
/// </summary>
public sealed class SeededLoopTests : IDisposable
{
    private const int Steps = 1_500;

    private readonly LoopWorld _world = new(loops: 2, shards: 6);
    private readonly List<ScriptedPeer> _peers = [];

    // Not an assertion where it happens: the loop would take that for a fault of the actor.
    private readonly List<string> _violations = [];

    [Theory]
    [InlineData(0x0000_0001UL)]
    [InlineData(0x5EED_0002UL)]
    [InlineData(0xFA17_0003UL)]
    [InlineData(0xC0DE_0004UL)]
    public void Faults_in_any_order_break_no_guarantee(ulong seed)
    {
        var random = new TestRandom(seed);
        _world.Store.Refuse = _ => random.Below(12) == 0 ? SaOutcomeKind.Unknown : null;
        _world.Store.Spoil = _ => random.Below(12) == 0 ? SaOutcomeKind.Unknown : null;
        _world.Sender.IsWatching = DurableBeforeVisible;
        for (int step = 0; step < Steps; step++)
        {
            Act(random);
            NoAddressTwice();
            Assert.Empty(_violations);
            Assert.All(_world.Events.Exceptions, fault => Assert.Equal("scripted", fault.Message));
        }

        // The store is well again: whoever has a row is served, and nobody else.
        _world.Store.Refuse = _ => null;
        _world.Store.Spoil = _ => null;
        Settle();
        foreach (ScriptedPeer peer in _peers.Where(peer => !peer.LocalSpi.IsZero))
        {
            bool hasRow = _world.Store.LiveRows.Contains(peer.LocalSpi);
            int drops = _world.Events.Drops.Count;
            bool isServed = peer.Resume() is not null;
            Assert.True(isServed == hasRow, $"seed {seed:x}: {peer.LocalSpi}: row {hasRow}, {string.Join(", ", _world.Events.Drops.Skip(drops))}");
        }

        Assert.Equal(_world.Store.LiveRows.Count(), (int)_world.Established);
        Assert.Equal(0, _world.Packets.Outstanding);
    }

    /// <summary>Guarantee 1: an answer that reveals a change leaves only when the row has it.</summary>
    private void DurableBeforeVisible(byte[] datagram)
    {
        IkeHeader.TryRead(datagram, out IkeHeader header);
        IkeSpi ours = header.ResponderSpi;
        if (header.NextPayload == ScriptedMachine.RevealsWrite)
        {
            StoredRow? row = _world.Store.Row(ours);
            if (row is not { IsTombstone: true } && !(row is not null && ExpectedIn(row) > header.MessageId.Value))
            {
                _violations.Add($"{ours} answered {header.MessageId} before its row was written");
            }
        }
    }

    private static uint ExpectedIn(StoredRow row) => BinaryPrimitives.ReadUInt32BigEndian(row.Snapshot.AsSpan(16));

    private void NoAddressTwice()
    {
        var held = _world.Store.Leases.Where(lease => lease.LocalSpi is not null).ToList();
        Assert.Equal(held.Count, held.Select(lease => lease.LocalSpi).Distinct().Count());
    }

    private void Act(TestRandom random)
    {
        switch (random.Below(20))
        {
            case 0 or 1 when _peers.Count < 60:
                ScriptedPeer fresh = _world.NewPeer();
                fresh.Loop = random.Below(2);
                fresh.Init();
                fresh.Ask(Wish.Login);
                _peers.Add(fresh);
                break;
            case 2:
                _world.Store.IsHolding = !_world.Store.IsHolding;
                _world.Store.Release();
                break;
            case 3:
                _world.Pass(TimeSpan.FromMilliseconds(random.Below(3_000)));
                break;
            case 4 when random.Below(6) == 0:
                _world.Store.IsHolding = false;
                _world.Store.Release();
                _world.Start();
                break;
            case 5 when random.Below(6) == 0:
                _world.Pass(TimeSpan.FromMinutes(12));
                break;
            case 6:
                _world.Work.IsHolding = !_world.Work.IsHolding;
                ComeHome();
                break;
            default:
                AskSomebody(random);
                break;
        }
    }

    private void AskSomebody(TestRandom random)
    {
        if (_peers.Count == 0)
        {
            return;
        }

        ScriptedPeer peer = _peers[random.Below(_peers.Count)];
        peer.Loop = random.Below(2);
        if (peer.IsWaiting)
        {
            peer.Repeat();
            return;
        }

        Wish wish = random.Below(40) switch
        {
            0 => Wish.Delete,
            1 => Wish.Fault,
            < 5 => Wish.Sum,
            < 20 => Wish.Write,
            _ => Wish.Liveness,
        };
        peer.Ask(wish);
    }

    private void ComeHome()
    {
        foreach (LoopMessage answer in _world.Work.Release())
        {
            // Each loop may run it: the answer finds its own actor.
            _world.Loop.TryPost(answer);
        }

        _world.Run();
    }

    private void Settle()
    {
        _world.Store.IsHolding = false;
        _world.Work.IsHolding = false;
        _world.Store.Release();
        ComeHome();
        _world.Pass(TimeSpan.FromMinutes(3));
    }

    public void Dispose() => _world.Dispose();
}
