using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>One end of <see cref="TwoSides"/>: an engine, and what it has sent and nobody has received yet.</summary>
internal sealed class Side(string name, ulong seed, ConnectionPolicy policy) : IDisposable
{
    private int _seen;

    internal EngineWorld World { get; } = new(seed, [policy]);

    internal Side Other { get; set; } = null!;

    internal UdpEndpoint Endpoint { get; } = new(IpAddress.V4(seed < 2000 ? 0xc6336401u : 0xc0000201u), 500);

    /// <summary>Sent, and not yet handed over, lost or kept back by the test.</summary>
    internal Queue<byte[]> Wire { get; } = [];

    /// <summary>The only established IKE SA.</summary>
    internal IkeSaState Sa => World.Sa;

    /// <summary>The only child that is not on its way out.</summary>
    internal ChildSa Child => Sa.Children.Single(child => !child.IsRekeyed);

    public override string ToString() => name;

    public void Dispose() => World.Dispose();

    /// <summary>The child's rekey time comes; the request is on the wire.</summary>
    internal byte[] RekeyChild()
    {
        ChildSa child = Child;
        Set(Sa with { Children = Sa.Children.Replace(child, child with { RekeyAt = World.Clock.Now }) });
        return Fire();
    }

    /// <summary>The IKE SA's rekey time comes; the request is on the wire.</summary>
    internal byte[] RekeyIke()
    {
        Set(Sa with { Facts = Sa.Facts! with { RekeyAt = World.Clock.Now } });
        return Fire();
    }

    internal byte[] DeleteChild() => Order(new IkeInput.Terminate("net"));

    internal byte[] DeleteIke() => Order(new IkeInput.Terminate());

    internal byte[] Order(IkeInput input)
    {
        World.Turn(Sa, input);
        return Collect();
    }

    /// <summary>The clock reaches the pending request's next repeat.</summary>
    internal byte[] Repeat(IkeSpi spi)
    {
        World.Clock.AdvanceTo(World.Sas[spi].Own.Pending!.RetransmitAt);
        World.Turn(World.Sas[spi], new IkeInput.TimerFired());
        return Collect();
    }

    internal void Wake(IkeSpi spi)
    {
        World.Turn(World.Sas[spi], new IkeInput.TimerFired());
        Collect();
    }

    /// <summary>What was sent first is lost.</summary>
    internal void Lose() => Wire.Dequeue();

    /// <summary>What was sent first reaches the other side, which may answer.</summary>
    internal void HandOver() => Deliver(Wire.Dequeue());

    /// <summary>A message reaches the other side.</summary>
    internal void Deliver(byte[] message)
    {
        Other.World.Receive(new DatagramPath(Endpoint, Other.Endpoint, false), message);
        Other.Collect();
    }

    /// <summary>The message sent last is kept back by the test, to be delivered later or never.</summary>
    internal byte[] Take() => Wire.Dequeue();

    /// <summary>The process dies and another one reads the rows; what was on the wire stays there.</summary>
    internal void Crash(bool takeover = true)
    {
        IkeSaState[] written = [.. World.Sas.Values.Select(state => Snapshot.TryRead(Snapshot.Write(LastWrite(state)), LastWrite(state).RowVersion, out _)!)];
        World.Sas.Clear();
        foreach (IkeSaState state in written)
        {
            World.Sas[state.LocalSpi] = state;
        }

        foreach (IkeSaState state in written)
        {
            World.Turn(state, new IkeInput.Recovered(takeover));
        }

        Collect();
    }

    private IkeSaState LastWrite(IkeSaState state) =>
        World.Writes.LastOrDefault(write => write.State.LocalSpi == state.LocalSpi)?.State ?? state;

    private void Set(IkeSaState state) => World.Sas[state.LocalSpi] = state;

    private byte[] Fire()
    {
        World.Turn(Sa, new IkeInput.TimerFired());
        return Collect();
    }

    /// <summary>What was sent since goes onto the wire; the last of it.</summary>
    private byte[] Collect()
    {
        foreach (byte[] message in World.Sent.Skip(_seen))
        {
            Wire.Enqueue(message);
        }

        bool any = World.Sent.Count > _seen;
        _seen = World.Sent.Count;
        return any ? World.Sent[^1] : [];
    }
}
