namespace IkeCluster.Node.Events;

/// <summary>Every line that this project logs. Identities come as <see cref="IdentityMask"/> shows them.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    public static partial void ConfigurationWarning(ILogger log, string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store is memory: nothing survives this process")]
    public static partial void NothingSurvives(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the cluster's first key in {File}; keep it as secret as the peers' own")]
    public static partial void KeyMade(ILogger log, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Signal}: draining, {HalfOpen} half-open handshakes may finish")]
    public static partial void Draining(ILogger log, string signal, long halfOpen);

    [LoggerMessage(Level = LogLevel.Information, Message = "Nothing is under way any more: closing")]
    public static partial void Closing(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Configuration read again: {Connections}")]
    public static partial void Reloaded(ILogger log, string connections);

    [LoggerMessage(Level = LogLevel.Error, Message = "Configuration not read again, the old one stays: {Fault}")]
    public static partial void ReloadRefused(ILogger log, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Setting} changed in the configuration, which only a restart applies")]
    public static partial void NeedsRestart(ILogger log, string setting);

    [LoggerMessage(Level = LogLevel.Error, Message = "An audit line could not be written: {Cause}")]
    public static partial void AuditTrouble(ILogger log, string cause);

    [LoggerMessage(Level = LogLevel.Critical, Message = "An event loop ended by a fault, the node ends with it")]
    public static partial void LoopFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "A sum failed by a fault of ours; what waited for it is refused")]
    public static partial void WorkFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi} established: connection {Connection}, peer {Peer} at {Address} by {Method}, {Proposal}, addresses {Addresses}")]
    public static partial void Established(
        ILogger log, string spi, string connection, string peer, string address, string method, string proposal, string addresses);

    [LoggerMessage(Level = LogLevel.Warning, Message = "IKE SA {Spi} refused: peer {Peer} at {Address}, connection {Connection}, {Failure}: {Cause}{Left}")]
    public static partial void LoginFailed(
        ILogger log, string spi, string peer, string address, string connection, string failure, string cause, string left);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi}: Child SA {Child} installed, SPIs {SpiIn} in {SpiOut} out, {LocalTs} === {RemoteTs}, {Proposal}, {How}")]
    public static partial void ChildInstalled(
        ILogger log, string spi, string child, string spiIn, string spiOut, string localTs, string remoteTs, string proposal, string how);

    [LoggerMessage(Level = LogLevel.Warning, Message = "IKE SA {Spi}: Child SA refused to peer {Peer}: {Cause}{Detail}{Left}")]
    public static partial void ChildRefused(ILogger log, string spi, string peer, string cause, string detail, string left);

    [LoggerMessage(Level = LogLevel.Warning, Message = "IKE SA {Spi}: peer {Peer} asks for more than limits.{Limit} and is refused{Left}")]
    public static partial void LimitReached(ILogger log, string spi, string peer, string limit, string left);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi}: Child SA {Child} with SPI {SpiIn} removed: {Cause}")]
    public static partial void ChildRemoved(ILogger log, string spi, string child, string spiIn, string cause);

    [LoggerMessage(Message = "IKE SA {Spi}: peer {Peer} refuses {What}: {Why}; {Next}{Left}")]
    public static partial void PeerRefused(ILogger log, LogLevel level, string spi, string peer, string what, string why, string next, string left);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Old} rekeyed, {New} takes its place")]
    public static partial void IkeRekeyed(ILogger log, string old, string @new);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi}: both sides rekeyed {What} at once, {Whose} stays")]
    public static partial void Collided(ILogger log, string spi, string what, string whose);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi}: peer {Peer} moved from {From} to {To}")]
    public static partial void Moved(ILogger log, string spi, string peer, string from, string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi}: peer {Peer} was sent to the gateway {Gateway}")]
    public static partial void Redirected(ILogger log, string spi, string peer, string gateway);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi} ended: {Cause}, peer {Peer}")]
    public static partial void Ended(ILogger log, string spi, string cause, string peer);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE SA {Spi} of {Peer}: {Line}")]
    public static partial void Traced(ILogger log, string spi, string peer, string line);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Half-open IKE SA {Spi} from {Address} ended: {Cause}")]
    public static partial void HalfOpenEnded(ILogger log, string spi, string address, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "IKE SA {Spi} uses {Algorithms}, which RFC 8247 discourages and connection {Connection} allows")]
    public static partial void WeakAlgorithm(ILogger log, string spi, string algorithms, string connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "Fault of ours in IKE SA {Spi}, {Action}; datagram {Shape}")]
    public static partial void Faulted(ILogger log, Exception fault, string spi, string action, string shape);

    [LoggerMessage(Level = LogLevel.Error, Message = "Store: {Detail}")]
    public static partial void StoreTrouble(ILogger log, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Store: commits come through again after {Seconds} s")]
    public static partial void StoreIsBack(ILogger log, long seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "IKE_SA_INIT of {Address} to {Local} refused with {Notify}: {Cause}{Left}")]
    public static partial void InitRefused(ILogger log, string address, string local, string notify, string cause, string left);

    [LoggerMessage(Level = LogLevel.Debug, Message = "IKE_SA_INIT of {Address} to {Local} answered with {Notify}: {Cause}")]
    public static partial void InitSentBack(ILogger log, string address, string local, string notify, string cause);
}
