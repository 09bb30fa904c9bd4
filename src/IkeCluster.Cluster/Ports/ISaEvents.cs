using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>Log, audit and metrics, as seen by the loops. Called on the loop's thread; must not block it.</summary>
public interface ISaEvents
{
    void Happened(SaEvent happened);

    /// <summary>From the arrival of the request to the departure of its answer, by the loop's clock; our own requests are not counted.</summary>
    void ExchangeTook(string exchange, TimeSpan took);

    void Dropped(DropReason reason);

    void CookieSent();

    void CookieChecked(bool valid);

    /// <summary>An exception in an actor; its SA's first octets of state are not shown. Action: recovered, quarantined, deleted.</summary>
    void Faulted(IkeSpi localSpi, Exception fault, string action, string datagramShape);

    void Committed(int commits, TimeSpan took);

    void StoreTrouble(string detail);

    /// <summary>Commits do not come through, and are tried again until they do.</summary>
    void StoreAway(string detail) => StoreTrouble(detail);
}
