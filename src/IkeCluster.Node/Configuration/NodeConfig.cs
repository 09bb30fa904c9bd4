using System.Collections.Immutable;
using System.Net;
using IkeCluster.Cluster.Admission;
using IkeCluster.Engine.Policy;

namespace IkeCluster.Node.Configuration;

/// <summary>A whole configuration, read and checked. Defaults are CONTRACT's; file names are full paths from here on.</summary>
internal sealed record NodeConfig
{
    /// <summary>As the user typed it.</summary>
    public required string File { get; init; }

    public required NodeSettings Node { get; init; }

    public required ImmutableArray<ListenEndpoint> Listen { get; init; }

    public required StoreProvider Store { get; init; }

    public required ClusterSettings Cluster { get; init; }

    public required AdmissionSettings Admission { get; init; }

    /// <summary>Null: no metrics endpoint.</summary>
    public required IPEndPoint? Metrics { get; init; }

    public required LogSettings Log { get; init; }

    public required AuditSettings Audit { get; init; }

    public required PolicySet Policy { get; init; }
}

/// <summary><c>node</c>. <paramref name="Loops"/>: event loops, one thread each.</summary>
internal sealed record NodeSettings(string Name, string DataFolder, TimeSpan DrainTime, int Loops)
{
    public string ControlSocket => Path.Combine(DataFolder, "ikenode.sock");

    public string Database => Path.Combine(DataFolder, "ikenode.db");
}

/// <summary>One entry of <c>listen</c>: an address with its IKE and its NAT-T port.</summary>
internal sealed record ListenEndpoint(IPAddress Address, ushort Ike, ushort Natt);

internal enum StoreProvider : byte { Sqlite, Memory }

/// <summary><c>cluster</c>, as far as one node needs it.</summary>
internal sealed record ClusterSettings(ImmutableArray<ClusterKeyFile> Keys, int Shards);

/// <summary>
/// One key of the cluster. <paramref name="File"/> is beside the configuration, or under <c>node.data</c> where it is not:
/// there it is made at first start.
/// </summary>
internal sealed record ClusterKeyFile(byte Version, string File, ConfigPlace Place);

internal enum IdentityStyle : byte { None, Hash, Full }

/// <summary><c>log</c>.</summary>
internal sealed record LogSettings(LogLevel Level, bool IsJson, IdentityStyle Identities);

internal enum AuditTarget : byte { File, Syslog, None }

/// <summary><c>audit</c>.</summary>
internal sealed record AuditSettings(AuditTarget To, string File);
