using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster;

internal sealed class RecordedEvents : ISaEvents
{
    public List<SaEvent> Story { get; } = [];

    public List<DropReason> Drops { get; } = [];

    public List<(IkeSpi Spi, string Action, string Shape)> Faults { get; } = [];

    public List<Exception> Exceptions { get; } = [];

    public List<string> Troubles { get; } = [];

    public int Commits { get; private set; }

    public int CookiesSent { get; private set; }

    public List<bool> CookiesChecked { get; } = [];

    public void Happened(SaEvent happened) => Story.Add(happened);

    /// <summary>Exchanges that were timed, in order.</summary>
    public List<string> Timed { get; } = [];

    public void ExchangeTook(string exchange, TimeSpan took) => Timed.Add(exchange);

    public void Dropped(DropReason reason) => Drops.Add(reason);

    public void CookieSent() => CookiesSent++;

    public void CookieChecked(bool valid) => CookiesChecked.Add(valid);

    public void Faulted(IkeSpi localSpi, Exception fault, string action, string datagramShape)
    {
        Faults.Add((localSpi, action, datagramShape));
        Exceptions.Add(fault);
    }

    public void Committed(int commits, TimeSpan took) => Commits += commits;

    public void StoreTrouble(string detail) => Troubles.Add(detail);
}
