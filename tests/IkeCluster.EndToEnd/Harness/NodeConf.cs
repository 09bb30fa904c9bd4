namespace IkeCluster.EndToEnd.Harness;

/// <summary>Writes the configuration of a node whose connection <c>roadwarrior</c> serves the client of ClientConf.</summary>
internal sealed record NodeConf
{
    public string Proposals { get; init; } = ClientConf.DefaultProposal;

    public string EspProposals { get; init; } = "aes256gcm16";

    public string Local { get; init; } = "{ auth: psk, id: vpn.example.org }";

    public string Remote { get; init; } = """{ auth: psk, id: "*@example.org" }""";

    public string Secrets { get; init; } = $$"""
        secrets:
          ike-alice: { id: [alice@example.org], secret: "{{ClientConf.Secret}}" }
        """;

    public string PoolSection { get; init; } = """
        pools:
          rw4: { addrs: 10.64.0.0/16, dns: [10.64.0.1] }
          rw6: { addrs: "fd00:64::/112", dns: ["fd00:64::53"] }
        """;

    public string LocalTrafficSelectors { get; init; } = """[0.0.0.0/0, "::/0"]""";

    /// <summary>Further lines of the connection.</summary>
    public string ConnectionOptions { get; init; } = "";

    /// <summary>Further keys of the child <c>net</c>, each behind a comma.</summary>
    public string ChildOptions { get; init; } = "";

    /// <summary>Further children, one flow mapping a line.</summary>
    public string MoreChildren { get; init; } = "";

    /// <summary>Further connections, indented by two.</summary>
    public string MoreConnections { get; init; } = "";

    /// <summary>Further sections of the file.</summary>
    public string MoreSections { get; init; } = "";

    public override string ToString() => $$"""
        node: { name: node-1, data: ./var }
        metrics: { listen: 127.0.0.1:9464 }
        log: { level: debug, identities: full }
        connections:
          roadwarrior:
            local: {{Local}}
            remote: {{Remote}}
            proposals: [{{Proposals}}]
            pools: [rw4, rw6]
            {{ConnectionOptions}}
            children:
              net: { local_ts: {{LocalTrafficSelectors}}, esp_proposals: [{{EspProposals}}], mode: tunnel{{ChildOptions}} }
              {{MoreChildren}}
        {{MoreConnections}}
        {{PoolSection}}
        {{Secrets}}
        {{MoreSections}}
        """;
}
