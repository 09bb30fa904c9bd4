using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Peers;

/// <summary>What a client does with its time.</summary>
internal sealed class Habits(World world, SimPeer peer, SimRandom chance)
{
    private const int ChildrenMax = 4;

    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan LongIdle = TimeSpan.FromSeconds(60);

    public void Begin() => Again();

    private void Again()
    {
        // In the calm a client says now and then that it lives, and nothing else.
        TimeSpan idle = world.IsCalm ? TimeSpan.FromSeconds(15) : chance.Chance(0.1) ? LongIdle : IdleMax;
        world.After(chance.UpTo(idle), () =>
        {
            if (world.IsFarewell)
            {
                peer.Ask((initiator, now) => initiator.DeleteIke(now));
            }
            else if (world.IsCalm)
            {
                peer.Ask((initiator, now) => initiator.CheckLiveness(now));
            }
            else if (peer.IsOnline)
            {
                Act();
            }

            Again();
        });
    }

    private void Act()
    {
        switch (chance.Below(20))
        {
            case 0 or 1:
                peer.Ask(CreateChild);
                break;
            case 2 or 3 or 4:
                peer.Ask(RekeyChild);
                break;
            case 5:
                peer.Ask(DeleteChild);
                break;
            case 6 or 7:
                peer.Ask((initiator, now) => initiator.RekeyIke(now));
                break;
            case 8 or 9 when peer.IsBehindNat || peer.Initiator?.SpeaksMobike == true:
                peer.Move();
                peer.Ask((initiator, now) => initiator.CheckLiveness(now));
                break;
            case 10:
                peer.Ask((initiator, now) => initiator.DeleteIke(now));
                break;
            case 11 when chance.Chance(0.5):
                peer.Vanish();
                break;
            case 12 when chance.Chance(0.5):
                Operator();
                break;
            default:
                peer.Ask((initiator, now) => initiator.CheckLiveness(now));
                break;
        }
    }

    private InitiatorStep CreateChild(IkeInitiator initiator, Instant now) =>
        initiator.Children.Count < ChildrenMax ? initiator.CreateChild(now, Pfs()) : initiator.CheckLiveness(now);

    private InitiatorStep RekeyChild(IkeInitiator initiator, Instant now) =>
        initiator.Children.Count > 0 ? initiator.RekeyChild(chance.Pick(initiator.Children), now, Pfs()) : initiator.CreateChild(now, Pfs());

    private InitiatorStep DeleteChild(IkeInitiator initiator, Instant now) =>
        initiator.Children.Count > 0 ? initiator.DeleteChild(chance.Pick(initiator.Children), now) : initiator.CheckLiveness(now);

    private KeyExchangeMethod Pfs() => chance.Chance(0.3) ? KeyExchangeMethod.Curve25519 : KeyExchangeMethod.None;

    /// <summary>Somebody at the gateway ends the client's SA, or its children.</summary>
    private void Operator()
    {
        if (peer.Initiator?.Sa is { } sa && world.Gateway.Process is { } process)
        {
            world.Tally.Count(Faults.OperatorEnded);
            process.Terminate(sa.PeerSpi, chance.Chance(0.5) ? "net" : null);
        }
    }
}
