namespace IkeCluster.Tests.Node.Configuration;

public sealed class ConfigFaultTests
{
    [Theory]
    [InlineData("node: { nam: a }", "test.yaml:1:9: unknown key \"nam\" in node, did you mean \"name\"?")]
    [InlineData("conections: {}", "test.yaml:1:1: unknown key \"conections\", did you mean \"connections\"?")]
    [InlineData("log: { zzzzzzzz: 1 }", "test.yaml:1:8: unknown key \"zzzzzzzz\" in log, known here: format, identities, level")]
    [InlineData("node: { drain_time: 10x }", "test.yaml:1:21: node.drain_time: \"10x\" is not a time, write a time such as 30s, 4h or 1h30m")]
    [InlineData("node: { loops: many }", "test.yaml:1:16: node.loops: \"many\" is not a number from 1 to 256")]
    [InlineData(
        "log: [a, b[c, d]\nnode: [x]\n",
        "test.yaml:1:8: this is not well-formed YAML: behind this place a bracket is left open, or stands in a word without quotes")]
    [InlineData("node: [a]", "test.yaml:1:7: node: is a section, write its keys below it")]
    [InlineData("node: { name: [a] }", "test.yaml:1:15: node.name: takes one value, not a list or a section")]
    [InlineData("node:\n  data:\n", "test.yaml:2:8: node.data: nothing stands behind it, write a value or leave the key out")]
    [InlineData("log: { level: loud }", "test.yaml:1:15: log.level: \"loud\" is not one of trace, debug, info, warning, error")]
    [InlineData("listen: [{ ike: 500 }]", "test.yaml:1:10: listen.0.address: is missing, write 0.0.0.0, \"::\" or one address of this host")]
    [InlineData("listen: [{ address: \"::\", ike: 70000 }]", "test.yaml:1:32: listen.0.ike: \"70000\" is not a number from 1 to 65535")]
    [InlineData("listen: { address: \"::\" }", "test.yaml:1:9: listen: takes a list of sections, write each as - { key: value }")]
    [InlineData("metrics: { listen: here }", "test.yaml:1:20: metrics.listen: \"here\" is not an address with a port, write 127.0.0.1:9464, or \"\" for no metrics")]
    [InlineData("admission: { init_rate_per_source: 20 }", "test.yaml:1:36: admission.init_rate_per_source: \"20\" is not a rate, write one such as 20/s or 600/m")]
    [InlineData("admission: { sources: [{ cidr: all }] }", "test.yaml:1:32: admission.sources.0.cidr: \"all\" is not a subnet, write one such as 192.0.2.0/24")]
    [InlineData("cluster: { shards: 5000 }", "test.yaml:1:20: cluster.shards: \"5000\" is not a number from 1 to 4096")]
    [InlineData("cluster: { keys: [{ version: 1 }, { version: 1 }] }", "test.yaml:1:46: cluster.keys.1.version: 1 and another key's version have the same last two bits, count on from the newest")]
    [InlineData("ike: { retransmit_base: 0.5 }", "test.yaml:1:25: ike.retransmit_base: \"0.5\" is not a number from 1 to 10")]
    [InlineData("pools: { p: { dns: [10.0.0.1] } }", "test.yaml:1:13: pools.p.addrs: is missing, write a subnet such as 10.64.0.0/16 or a range such as 10.64.0.10-10.64.0.99")]
    [InlineData("pools: { p: { addrs: 10.0.0.0/33 } }", "test.yaml:1:22: \"10.0.0.0/33\" is not a range of addresses, write an address, a subnet such as 10.0.0.0/8 or a range such as 10.0.0.1-10.0.0.9")]
    [InlineData("pools: { p: { addrs: 10.0.0.0/24 }, q: { addrs: 10.0.0.9 } }", "test.yaml:1:49: overlaps 10.0.0.0-10.0.0.255 of pool p, an address belongs to one pool")]
    [InlineData("pools: { p: { addrs: [10.0.0.0/24, \"fd00::/64\"] } }", "test.yaml:1:36: a pool holds one family, write another pool for IPv6")]
    [InlineData("pools: { p: { addrs: 10.0.0.1, dns: [10.0.0.1] } }", "test.yaml:1:22: pools.p.addrs: leaves no address to lease, give it a larger subnet")]
    [InlineData("pools: { p: { addrs: 10.0.0.0/24, dns: [ns] } }", "test.yaml:1:41: \"ns\" is not an address, write one such as 10.64.0.1 or fd00::1")]
    [InlineData("secrets: { alice: { secret: x } }", "test.yaml:1:19: secrets.alice: a secret's name begins with its kind, write ike-NAME, eap-NAME or private-NAME")]
    [InlineData("secrets: { ike-a: { id: a@b.c } }", "test.yaml:1:19: secrets.ike-a.secret: is missing, write the pre-shared key as secret, or name a file that holds it as secret_file")]
    [InlineData("secrets: { ike-a: { secret: 0xabc } }", "test.yaml:1:29: secrets.ike-a.secret: what stands behind 0x is not hexadecimal, write pairs of 0-9 and a-f")]
    [InlineData("secrets: { ike-a: { secret: 0s! } }", "test.yaml:1:29: secrets.ike-a.secret: what stands behind 0s is not base64, write it with its = at the end")]
    [InlineData("secrets: { ike-a: { secret: \"\" } }", "test.yaml:1:29: secrets.ike-a.secret: is empty, the pre-shared key must hold something")]
    [InlineData("secrets: { ike-a: { secret: x, secret_file: y } }", "test.yaml:1:45: secrets.ike-a.secret_file: stands beside secret, keep one of them")]
    [InlineData("secrets: { ike-a: { secret: \"${ENV:IKE_NO_SUCH}\" } }", "test.yaml:1:29: secrets.ike-a.secret: the environment has no variable IKE_NO_SUCH, set it or write the secret another way")]
    [InlineData("secrets: { private-a: { secret: x } }", "test.yaml:1:23: secrets.private-a.file: is missing, name the file of the private key")]
    [InlineData("secrets: { private-a: { file: no.key } }", "test.yaml:1:31: no.key cannot be read: no such file (names are relative to the configuration's folder)")]
    [InlineData("authorities: { a: { cacert: no.crt } }", "test.yaml:1:29: no.crt cannot be read: no such file (names are relative to the configuration's folder)")]
    [InlineData("authorities: { a: {} }", "test.yaml:1:19: authorities.a.cacert: is missing, name the authority's certificate")]
    public void A_fault_names_its_place_and_what_would_be_right(string text, string fault) => Assert.Equal([fault], Config.FaultsOf(text));

    [Theory]
    [InlineData("proposals: [aes999]", "\"aes999\" is not a proposal: 'aes999' is no algorithm that is known here")]
    [InlineData("pools: [rw]", "there is no pool \"rw\", write it as a section of pools")]
    [InlineData("fragmentation: maybe", "connections.c.fragmentation: \"maybe\" is not one of yes, accept, force, no")]
    [InlineData("mobike: perhaps", "connections.c.mobike: \"perhaps\" is neither yes nor no, write one of them")]
    [InlineData("rekey_time: 1h, rand_time: 2h", "connections.c.rand_time: is longer than rekey_time, which it is taken off")]
    [InlineData("local_addrs: [gw.example.org]", "\"gw.example.org\" is not an address (names are not in this release), write an address, a subnet such as 10.0.0.0/8 or a range such as 10.0.0.1-10.0.0.9")]
    [InlineData("version: 1", "connections.c.version: IKEv1 is not spoken here, write 2 or leave the key out")]
    [InlineData("local-2: { auth: psk }", "connections.c.local-2: a responder proves itself in one round here, keep one")]
    [InlineData("remote-2: { auth: eap-tls }", "connections.c.remote-2.auth: eap-tls is not in this release, write eap-mschapv2")]
    [InlineData("remote-2: { auth: eap-mschap2 }", "connections.c.remote-2.auth: eap-mschap2 is not in this release, did you mean eap-mschapv2?")]
    [InlineData("remote-2: { auth: psk, eap_id: alice }", "connections.c.remote-2.eap_id: goes with auth: eap-mschapv2, leave the key out")]
    public void A_connection_with_a_fault_is_refused(string keys, string what) =>
        Assert.EndsWith($": {what}", Assert.Single(Config.FaultsOf(Config.Connection(keys))), StringComparison.Ordinal);

    [Theory]
    [InlineData("local_ts: [here]", "\"here\" is not a traffic selector, write a subnet such as 10.0.0.0/8, or dynamic, with a protocol and port behind it if need be: 10.0.0.0/8[tcp/443]")]
    [InlineData("esp_proposals: [aes999]", "\"aes999\" is not a proposal: 'aes999' is no algorithm that is known here")]
    [InlineData("mode: beet", "connections.c.children.n.mode: \"beet\" is not one of tunnel, transport")]
    [InlineData("rekey_bytes: 5x", "connections.c.children.n.rekey_bytes: \"5x\" is not a number, write one such as 500m")]
    [InlineData("life_packets: 5k", "connections.c.children.n.life_packets: \"5k\" is not a number")]
    [InlineData("close_action: clear", "connections.c.children.n.close_action: \"clear\" is not one of none, start")]
    public void A_child_with_a_fault_is_refused(string keys, string what) =>
        Assert.EndsWith($": {what}", Assert.Single(Config.FaultsOf(Config.Connection(child: keys))), StringComparison.Ordinal);

    [Theory]
    [InlineData("local: { auth: psk }", "connections.c.remote: is missing, write remote: { auth: psk } or remote: { auth: pubkey, … }")]
    [InlineData("local: { auth: psk }, remote: { auth: pubkey }", "connections.c.remote.cacerts: is missing and authorities holds none: name the authority that issued the peer's certificate")]
    [InlineData("local: { auth: pubkey }, remote: { auth: psk }", "connections.c.local.certs: is missing, name our certificate (and those between it and its authority)")]
    [InlineData("local: { auth: eap }, remote: { auth: psk }", "connections.c.local.auth: a responder does not prove itself by EAP, write psk or pubkey")]
    [InlineData("local: { auth: psk }, remote: { auth: psk, id: \"@#zz\" }", "\"@#zz\" is not an identity: ")]
    public void A_side_with_a_fault_is_refused(string sides, string what) =>
        Assert.Contains(what, Assert.Single(Config.FaultsOf($"connections: {{ c: {{ {sides} }} }}")), StringComparison.Ordinal);

    [Theory]
    [InlineData("mschapv2")]
    [InlineData("eap_mschapv2")]
    public void An_auth_that_is_near_to_one_is_told_which(string auth) => Assert.EndsWith(
        "; did you mean eap-mschapv2?", Assert.Single(Config.FaultsOf(Config.Connection($"remote-2: {{ auth: {auth} }}"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("\"2001:db8::7\"")]
    [InlineData("vpn2.example.org")]
    [InlineData("7.example.org")]
    public void A_gateway_is_an_address_or_a_name(string to) =>
        Assert.Equal(to.Trim('"'), $"{Config.Good($"redirect: {{ when: always, to: {to} }}").Policy.Redirect.To}");

    [Theory]
    [InlineData("{ when: drain }", "redirect.to: is missing, name the other gateway by its address or its host name")]
    [InlineData("{ when: always, to: \"vpn 2\" }", "redirect.to: \"vpn 2\" is neither an address nor the name of a host, write the other gateway as its clients dial it")]
    [InlineData("{ when: always, to: 192.0.2.300 }", "redirect.to: \"192.0.2.300\" is neither an address nor the name of a host, write the other gateway as its clients dial it")]
    [InlineData("{ when: always, to: \"10.1\" }", "redirect.to: \"10.1\" is neither an address nor the name of a host, write the other gateway as its clients dial it")]
    [InlineData("{ when: often, to: vpn2.example.org }", "redirect.when: \"often\" is not one of never, drain, always")]
    public void A_redirect_with_a_fault_is_refused(string redirect, string what) =>
        Assert.EndsWith($": {what}", Assert.Single(Config.FaultsOf($"redirect: {redirect}")), StringComparison.Ordinal);

    [Theory]
    [InlineData("store: { provider: postgres }", "store.provider: postgres is not in this release, write sqlite")]
    [InlineData("store: { connection: Host=db }", "store.connection: not in this release, leave the key out")]
    [InlineData("dataplane: { provider: xfrm }", "dataplane.provider: not in this release, leave the key out or write none")]
    [InlineData("cluster: { advertise: 10.0.0.1:9601 }", "cluster.advertise: not in this release, leave the key out")]
    [InlineData("cluster: { lease: 5s }", "cluster.lease: not in this release, leave the key out or write 3s")]
    [InlineData("control: { listen: 0.0.0.0:9600 }", "control.listen: not in this release, leave the key out")]
    [InlineData("listen: [{ address: \"::\", public_address: 192.0.2.1 }]", "listen.0.public_address: not in this release, leave the key out")]
    [InlineData("authorities: { a: { crl_uris: [http://c/] } }", "authorities.a.crl_uris: not in this release, leave the key out")]
    [InlineData("authorities: { a: { ocsp_uris: [http://o/] } }", "authorities.a.ocsp_uris: not in this release, leave the key out")]
    [InlineData("secrets: { xauth-a: { secret: x } }", "secrets.xauth-a: xauth secrets are not in this release, ike, eap and private are")]
    public void What_is_not_built_is_refused_and_never_ignored(string text, string what) =>
        Assert.Contains(Config.FaultsOf(text), fault => fault.EndsWith($": {what}", StringComparison.Ordinal));

    [Theory]
    [InlineData("proposals: [aes256gcm16-prfsha384-x25519-ke1_mlkem768]", "is not in this release, leave it out")]
    [InlineData("remote: { auth: eap-ttls }", "eap-ttls is not in this release, write eap-mschapv2")]
    [InlineData("remote: { auth: psk, revocation: strict }", "not in this release, leave the key out or write relaxed")]
    [InlineData("vips: [0.0.0.0]", "not in this release")]
    [InlineData("if_id_in: 7", "not in this release")]
    [InlineData("children: { n: { start_action: trap } }", "a trap needs a data plane that lays it, and there is none in this release; write none or start")]
    [InlineData("children: { n: { ipcomp: yes } }", "not in this release")]
    public void Keys_of_swanctl_that_nothing_obeys_yet_are_refused(string key, string what) => Assert.Contains(
        Config.FaultsOf($"connections: {{ c: {{ local: {{ auth: psk }}, {(key.StartsWith("remote", StringComparison.Ordinal) ? "" : "remote: { auth: psk }, ")}{key} }} }}"),
        fault => fault.Contains(what, StringComparison.Ordinal));

    [Fact]
    public void Defaults_of_swanctl_may_be_written_out() => Config.Good(Config.Connection(
        "version: 2, aggressive: no, pull: yes, dscp: 000000, childless: allow, keyingtries: 1, rekey_time: 4h, unique: no", "rekey_time: 60m, start_action: none, replay_window: 32, reqid: 0"));

    [Fact]
    public void A_key_that_stands_twice_is_refused() => Assert.Equal(
        ["test.yaml:3:1: \"node\" stands here a second time, the first is in line 1: keep one"],
        Config.FaultsOf("node:\n  name: a\nnode: {}\n"));

    [Fact]
    public void All_faults_are_reported_in_the_order_of_the_file() => Assert.Equal(
        ["test.yaml:1:8", "test.yaml:2:11", "test.yaml:3:19"],
        Config.FaultsOf("node: {x: 1}\nmetrics: {y: 2}\nsecrets: { ike-a: {} }\n")
            .Select(fault => fault[..fault.IndexOf(": ", StringComparison.Ordinal)]));

    [Theory]
    [InlineData("node: [", "test.yaml:2:1: this is not well-formed YAML: ")]
    [InlineData("a: *b", "test.yaml:1:4: this is not well-formed YAML: no anchor stands before this alias; a value that begins with * needs quotes")]
    [InlineData("- a\n", "test.yaml:1:1: a configuration is made of sections, begin with one such as connections:")]
    public void Text_that_is_no_configuration_is_refused(string text, string fault) =>
        Assert.StartsWith(fault, Assert.Single(Config.FaultsOf(text)), StringComparison.Ordinal);

    [Fact]
    public void Nesting_has_a_limit() =>
        Assert.Contains("nested more than 32 levels deep", Assert.Single(Config.FaultsOf($"node: {new string('[', 100)}{new string(']', 100)}")), StringComparison.Ordinal);

    [Theory]
    [InlineData("x", "--set x: this sets nothing, write --set path.to.key=value")]
    [InlineData("node.drain_time=1y", "--set node.drain_time: node.drain_time: \"1y\" is not a time, write a time such as 30s, 4h or 1h30m")]
    [InlineData("node.name.first=a", "--set node.name.first: there is no such place in this configuration: on the way stands a value that has no parts")]
    public void A_setting_with_a_fault_is_named_by_its_path(string setting, string fault) =>
        Assert.Equal([fault], Config.FaultsOf("node: { name: a }", setting));
}
