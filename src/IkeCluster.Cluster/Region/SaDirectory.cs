using System.Runtime.CompilerServices;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>An IKE SA as an operator sees it. The state is immutable; nothing is locked to show it.</summary>
public sealed record SaView(ShardId Shard, IkeSaState State);

/// <summary>
/// All SAs of this node, for operators: asked page by page, so that a list of a million delays no packet. Not for loops:
/// its callers wait.
/// </summary>
public sealed class SaDirectory
{
    internal const int PageSize = 64;

    private readonly ShardMap _map;
    private readonly SpiSeal _seal;
    private readonly IShardStore _store;
    private readonly ISaMachine _machine;

    public SaDirectory(ShardMap map, SpiSeal seal, IShardStore store)
        : this(map, seal, store, new EngineMachine())
    {
    }

    internal SaDirectory(ShardMap map, SpiSeal seal, IShardStore store, ISaMachine machine) =>
        (_map, _seal, _store, _machine) = (map, seal, store, machine);

    /// <summary>Every SA in memory or at rest, by loop, shard and SPI; half-open ones too.</summary>
    public async IAsyncEnumerable<SaView> ListAsync([EnumeratorCancellation] CancellationToken stop)
    {
        foreach (EventLoop loop in _map.Loops)
        {
            SaKey? after = null;
            do
            {
                SaPage page = await AskAsync(loop, new SaPageRequest(after, PageSize), stop);
                foreach ((SaKey key, IkeSaState? state) in page.Sas)
                {
                    if ((state ?? await ReadAsync(key, stop)) is { } known)
                    {
                        yield return new SaView(key.Shard, known);
                    }
                }

                after = page.Last;
            }
            while (after is not null);
        }
    }

    /// <summary>One SA by our SPI, or null.</summary>
    public async ValueTask<SaView?> FindAsync(IkeSpi localSpi, CancellationToken stop)
    {
        if (!_seal.TryOpen(localSpi, out ShardId shard) || _map.HomeOf(shard) is not { } home)
        {
            return null;
        }

        var before = new SaKey(shard, new IkeSpi(localSpi.Value - 1));
        SaPage page = await AskAsync(home, new SaPageRequest(before, Limit: 1), stop);
        if (page.Sas.IsEmpty || page.Sas[0].Key.Spi != localSpi)
        {
            return null;
        }

        IkeSaState? state = page.Sas[0].State ?? await ReadAsync(page.Sas[0].Key, stop);
        return state is null ? null : new SaView(shard, state);
    }

    /// <summary>Ends an IKE SA, or one of its Child SAs by name; false where there is none of that SPI.</summary>
    public async ValueTask<bool> TerminateAsync(IkeSpi localSpi, string? childName, CancellationToken stop)
    {
        if (!_seal.TryOpen(localSpi, out ShardId shard) || _map.HomeOf(shard) is not { } home)
        {
            return false;
        }

        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return home.TryPost(new LoopMessage.Terminate(localSpi, childName, done)) && await done.Task.WaitAsync(stop);
    }

    /// <summary>Has an IKE SA rekeyed, or one of its Child SAs by name; false where there is none of that SPI.</summary>
    public async ValueTask<bool> RekeyAsync(IkeSpi localSpi, string? childName, CancellationToken stop)
    {
        if (!_seal.TryOpen(localSpi, out ShardId shard) || _map.HomeOf(shard) is not { } home)
        {
            return false;
        }

        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return home.TryPost(new LoopMessage.Rekey(localSpi, childName, done)) && await done.Task.WaitAsync(stop);
    }

    private static async ValueTask<SaPage> AskAsync(EventLoop loop, SaPageRequest request, CancellationToken stop)
    {
        var done = new TaskCompletionSource<SaPage>(TaskCreationOptions.RunContinuationsAsynchronously);
        return loop.TryPost(new LoopMessage.Query(request, done))
            ? await done.Task.WaitAsync(stop)
            : throw new InvalidOperationException("the event loop has no room for a question");
    }

    private async ValueTask<IkeSaState?> ReadAsync(SaKey key, CancellationToken stop)
    {
        SaRow? row = await _store.LoadAsync(key.Shard, key.Spi, stop);
        if (row is null)
        {
            return null;
        }

        // To be looked at, not to live: nobody else holds these keys.
        IkeSaState? state = _machine.TryReadSnapshot(row.Snapshot.Span, row.RowVersion, out _);
        row.Wipe();
        if (state is not null)
        {
            IkeSa.Wipe(state);
        }

        return state;
    }
}
