using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Engine.Protection;

/// <summary>
/// Key contexts of the SAs used last, one cache per loop: making a context costs more than sealing a liveness reply
/// (decision 0002), and keeping one per SA would cost more memory than the SA itself.
/// </summary>
public sealed class CipherCache(int capacity) : IDisposable
{
    private readonly Dictionary<IkeKeys, LinkedListNode<Entry>> _byKeys = new(ReferenceEqualityComparer.Instance as IEqualityComparer<IkeKeys>);
    private readonly LinkedList<Entry> _byUse = [];

    public int Count => _byKeys.Count;

    /// <summary>The cipher of one direction; lent until the next call.</summary>
    public MessageCipher Of(IkeKeys keys, Proposal proposal, bool sentByInitiator)
    {
        Entry entry = Touch(keys, proposal);
        return sentByInitiator ? entry.Initiator : entry.Responder;
    }

    /// <summary>Drops and wipes the contexts of an SA that is gone.</summary>
    public void Forget(IkeKeys keys)
    {
        if (_byKeys.Remove(keys, out LinkedListNode<Entry>? node))
        {
            _byUse.Remove(node);
            node.Value.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (Entry entry in _byUse)
        {
            entry.Dispose();
        }

        _byUse.Clear();
        _byKeys.Clear();
    }

    private Entry Touch(IkeKeys keys, Proposal proposal)
    {
        if (_byKeys.TryGetValue(keys, out LinkedListNode<Entry>? node))
        {
            if (node != _byUse.First)
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }

            return node.Value;
        }

        if (_byKeys.Count >= capacity)
        {
            Forget(_byUse.Last!.Value.Keys);
        }

        var entry = new Entry(keys, CipherSuite.From(proposal));
        _byKeys[keys] = _byUse.AddFirst(entry);
        return entry;
    }

    private sealed class Entry(IkeKeys keys, CipherSuite suite) : IDisposable
    {
        public IkeKeys Keys { get; } = keys;

        public MessageCipher Initiator { get; } = MessageCipher.Create(suite, keys.SkEi.Reveal(), keys.SkAi.Reveal());

        public MessageCipher Responder { get; } = MessageCipher.Create(suite, keys.SkEr.Reveal(), keys.SkAr.Reveal());

        public void Dispose()
        {
            Initiator.Dispose();
            Responder.Dispose();
        }
    }
}
