namespace IkeCluster.EndToEnd.Harness;

/// <summary>Writes the swanctl.conf of a client: connection <c>vpn</c> with the child <c>net</c>.</summary>
internal static class ClientConf
{
    public const string Secret = "correct horse battery staple";
    public const string DefaultProposal = "aes256gcm16-prfsha384-x25519";

    public static string Psk(
        string id = "alice@example.org",
        string secret = Secret,
        string server = Lab.ServerAddress,
        string proposals = DefaultProposal,
        string espProposals = "aes256gcm16",
        string connectionOptions = "vips = 0.0.0.0, ::",
        string childOptions = "remote_ts = 0.0.0.0/0, ::/0",
        string moreChildren = "") => $$"""
        connections {
          vpn {
            version = 2
            remote_addrs = {{server}}
            proposals = {{proposals}}
            {{connectionOptions}}
            local {
              auth = psk
              id = {{id}}
            }
            remote {
              auth = psk
              id = vpn.example.org
            }
            children {
              net {
                esp_proposals = {{espProposals}}
                {{childOptions}}
              }
              {{moreChildren}}
            }
          }
        }
        secrets {
          ike {
            id = {{id}}
            secret = "{{secret}}"
          }
        }
        """;

    /// <summary>A client that trusts one root and proves itself with a certificate, with intermediates to send along.</summary>
    public static string Certificate(Credential root, Credential client, params Credential[] intermediates) => $$"""
        connections {
          vpn {
            version = 2
            remote_addrs = {{Lab.ServerAddress}}
            proposals = {{DefaultProposal}}
            vips = 0.0.0.0, ::
            send_cert = always
            local {
              auth = pubkey
              id = alice@example.org
              certs = {{string.Join(", ", intermediates.Prepend(client).Select(one => one.CertificateFile))}}
            }
            remote {
              auth = pubkey
              id = vpn.example.org
              cacerts = {{root.CertificateFile}}
            }
            children {
              net {
                esp_proposals = aes256gcm16
                remote_ts = 0.0.0.0/0, ::/0
              }
            }
          }
        }
        """;
}
