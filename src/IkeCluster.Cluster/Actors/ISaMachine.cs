using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// The thought, as the place sees it. The seam is here so that a test can let an actor throw, which nothing that a peer
/// sends should ever do.
/// </summary>
internal interface ISaMachine
{
    InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context);

    Step Next(IkeSaState state, IkeInput input, in StepContext context);

    byte[] WriteSnapshot(IkeSaState state);

    IkeSaState? TryReadSnapshot(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault);
}

/// <summary>IkeCluster.Engine itself.</summary>
internal sealed class EngineMachine : ISaMachine
{
    public InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context) =>
        IkeSa.Begin(path, message, context);

    public Step Next(IkeSaState state, IkeInput input, in StepContext context) => IkeSa.Next(state, input, context);

    public byte[] WriteSnapshot(IkeSaState state) => Snapshot.Write(state);

    public IkeSaState? TryReadSnapshot(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault) =>
        Snapshot.TryRead(snapshot, rowVersion, out fault);
}
