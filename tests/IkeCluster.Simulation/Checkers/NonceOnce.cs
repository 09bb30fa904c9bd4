using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No two messages, and no two rows at rest, under one key and nonce. A repeat is the same octets, and not another message.
/// </summary>
internal sealed class NonceOnce(World world) : Checker(world)
{
    private readonly Dictionary<(UInt128 Key, UInt128 Iv), UInt128> _used = [];
    private readonly HashSet<UInt128> _salts = [];

    public override void Sent(SentMessage message)
    {
        if (message.Chain is not { } chain)
        {
            return;
        }

        (UInt128 Key, UInt128 Iv) pair = (Digest.Of(chain.Key), Digest.Of(chain.Iv));
        UInt128 octets = Digest.Of(message.Octets);
        if (!_used.TryAdd(pair, octets) && _used[pair] != octets)
        {
            Broken($"{message.LocalSpi} sealed two messages with the vector {Convert.ToHexStringLower(chain.Iv)}");
        }
    }

    public override void RowSealed(ReadOnlySpan<byte> salt)
    {
        if (!_salts.Add(Digest.Of(salt)))
        {
            Broken($"two rows were sealed with one salt");
        }
    }
}
