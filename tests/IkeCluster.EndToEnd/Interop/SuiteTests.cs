using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>Every suite of ours, negotiated one at a time with charon; judged by what charon's list says.</summary>
public sealed class SuiteTests(SuiteTests.OneSite shared) : IClassFixture<SuiteTests.OneSite>
{
    public static TheoryData<string, string> IkeSuites =>
        [.. Suites.Ike.Select(suite => (suite.Words, suite.Display))];

    public static TheoryData<string, string> EspSuites =>
        [.. Suites.Esp.Select(suite => (suite.Words, suite.Display))];

    public static TheoryData<string, string> Groups =>
        [.. Suites.Groups.Select(group => (group.Words, group.Display))];

    [Theory]
    [MemberData(nameof(IkeSuites))]
    public async Task An_IKE_suite_is_negotiated(string proposal, string display)
    {
        CharonSa sa = await ConnectAsync(OneSite.IkeName(proposal));

        Assert.Equal(display, sa.Suite);
    }

    [Theory]
    [MemberData(nameof(EspSuites))]
    public async Task An_ESP_suite_is_negotiated_and_our_keys_open_what_charon_sends(string proposal, string display)
    {
        CharonSa sa = await ConnectAsync(OneSite.EspName(proposal));

        Assert.Equal(display, Assert.Single(sa.Children).Suite);
        await CapturedEsp.AssertOpensAsync(await shared.SiteAsync(), await shared.CaptureAsync(), sa);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public async Task A_group_serves_a_rekey_with_perfect_forward_secrecy_and_our_new_keys_open_what_charon_sends(string group, string display)
    {
        string name = OneSite.GroupName(group);
        CharonSa before = await ConnectAsync(name);
        Site site = await shared.SiteAsync();

        (await site.Client.RekeyChildAsync(name)).OrThrow();
        IReadOnlyList<CharonSa> after = await site.Client.WaitForSasAsync(
            "a child with a key exchange of its own",
            sas => sas.SelectMany(sa => sa.Children).Any(child =>
                child.IsInstalled && child.SpiIn != before.Children[0].SpiIn
                && child.Suite == $"AES_GCM_16-256/{display}"));
        await CapturedEsp.AssertOpensAsync(site, await shared.CaptureAsync(), after.Single(sa => sa.Name == name));
    }

    private async Task<CharonSa> ConnectAsync(string name)
    {
        Site site = await shared.SiteAsync();
        foreach (CharonSa old in await site.Client.ListSasAsync())
        {
            (await site.Client.TerminateIkeAsync(old.Name)).OrThrow();
        }

        return await site.ConnectAsync(name);
    }

    /// <summary>One node that allows every suite, and one charon with a connection for each.</summary>
    public sealed class OneSite : IAsyncDisposable
    {
        private Site? _site;
        private EspCapture? _capture;

        internal static string IkeName(string proposal) => "ike-" + proposal;

        internal static string EspName(string proposal) => "esp-" + proposal;

        internal static string GroupName(string group) => "pfs-" + group;

        public async ValueTask DisposeAsync()
        {
            if (_capture is not null)
            {
                await _capture.DisposeAsync();
            }

            if (_site is not null)
            {
                await _site.DisposeAsync();
            }
        }

        // Opened by the first test, not with the fixture: what is skipped there would count as broken here.
        internal async Task<Site> SiteAsync() => _site ??= await Site.OpenAsync(
            new NodeConf
            {
                Proposals = string.Join(", ", Suites.Ike.Select(suite => suite.Words)),
                EspProposals = string.Join(
                    ", ",
                    Suites.Esp.Select(suite => suite.Words)
                        .Concat(Suites.Groups.Select(group => $"aes256gcm16-{group.Words}"))),
            },
            ClientConfiguration(),
            charonSettings: "delete_rekeyed_delay = 0");

        internal async Task<EspCapture> CaptureAsync() => _capture ??= await EspCapture.StartAsync((await SiteAsync()).Lab);

        private static string ClientConfiguration()
        {
            IEnumerable<string> connections =
            [
                .. Suites.Ike.Select(suite => Connection(IkeName(suite.Words), suite.Words, "aes256gcm16")),
                .. Suites.Esp.Select(
                    suite => Connection(EspName(suite.Words), ClientConf.DefaultProposal, suite.Words)),
                .. Suites.Groups.Select(group => Connection(
                    GroupName(group.Words), ClientConf.DefaultProposal, $"aes256gcm16-{group.Words}")),
            ];
            return $$"""
                connections {
                {{string.Join('\n', connections)}}
                }
                secrets {
                  ike {
                    secret = "{{ClientConf.Secret}}"
                  }
                }
                """;
        }

        private static string Connection(string name, string proposal, string espProposal) => $$"""
              {{name}} {
                version = 2
                remote_addrs = {{Lab.ServerAddress}}
                proposals = {{proposal}}
                vips = 0.0.0.0
                local {
                  auth = psk
                  id = alice@example.org
                }
                remote {
                  auth = psk
                  id = vpn.example.org
                }
                children {
                  {{name}} {
                    esp_proposals = {{espProposal}}
                    remote_ts = 0.0.0.0/0
                  }
                }
              }
            """;
    }
}
