using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>secrets</c>: <c>ike…</c> are pre-shared keys, <c>eap…</c> passwords, <c>private…</c> private keys.</summary>
internal sealed class SecretReader(CredentialFiles files)
{
    private const string EnvironmentPrefix = "${ENV:";

    private static readonly string[] PrefixesOfLater = ["xauth", "ntlm", "ppk", "pkcs12", "token"];
    private static readonly string[] PrefixesOfPrivate = ["private", "rsa", "ecdsa", "pkcs8"];

    public ImmutableArray<SharedSecret> Shared { get; private set; } = [];

    /// <summary>Users and their passwords.</summary>
    public ImmutableArray<SharedSecret> Eap { get; private set; } = [];

    /// <summary>Every private key that was named; a certificate finds its own by the public half.</summary>
    public ImmutableArray<PrivateKey> Keys { get; private set; } = [];

    /// <summary>False where a private key could not be read: then a certificate that finds none is not a fault of its own.</summary>
    public bool HasAllKeys { get; private set; } = true;

    public void Read(ConfigSection secrets)
    {
        foreach ((string name, ConfigSection section) in secrets.NamedSections())
        {
            if (name.StartsWith("ike", StringComparison.Ordinal))
            {
                Shared = [.. Shared, .. ReadShared(name, section, "the pre-shared key")];
            }
            else if (name.StartsWith("eap", StringComparison.Ordinal))
            {
                if (!section.Keys.Any(key => key.StartsWith("id", StringComparison.Ordinal)))
                {
                    section.Warn("secret", "is everybody's password, whatever user name they give: write whose it is as id");
                }

                Eap = [.. Eap, .. ReadShared(name, section, "the password")];
            }
            else if (PrefixesOfPrivate.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                ReadPrivate(section);
            }
            else if (PrefixesOfLater.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } later)
            {
                secrets.Fault(name, $"{later} secrets are not in this release, ike, eap and private are");
            }
            else
            {
                secrets.Fault(name, "a secret's name begins with its kind, write ike-NAME, eap-NAME or private-NAME");
            }
        }
    }

    /// <summary>One, or none where it has a fault.</summary>
    private SharedSecret[] ReadShared(string name, ConfigSection section, string what)
    {
        byte[]? octets = ReadOctets(section, what);
        var ids = ImmutableArray.CreateBuilder<Identity>();
        foreach (string key in section.Keys.Where(key => key.StartsWith("id", StringComparison.Ordinal)).Append("id").Distinct(StringComparer.Ordinal))
        {
            foreach (ConfigScalar id in section.List(key))
            {
                if (Identity.TryParse(id.Text, out Identity? identity, out string fault))
                {
                    ids.Add(identity);
                }
                else
                {
                    section.Report.Fault(id.Place, $"\"{id.Text}\" is not an identity: {fault}");
                }
            }
        }

        section.Done();
        if (octets is null)
        {
            return [];
        }

        var secret = new SharedSecret(name, ids.ToImmutable(), SecretBytes.CopyOf(octets));
        CryptographicOperations.ZeroMemory(octets);
        return [secret];
    }

    private void ReadPrivate(ConfigSection section)
    {
        ConfigScalar? file = section.Scalar("file");
        byte[]? passphrase = section.Has("secret") || section.Has("secret_file") ? ReadOctets(section, "the passphrase") : null;
        section.Done();
        if (file is null)
        {
            section.Fault("file", "is missing, name the file of the private key");
        }
        else if (files.Key(file, passphrase is null ? null : Encoding.UTF8.GetString(passphrase)) is { } key)
        {
            Keys = Keys.Add(key);
        }
        else
        {
            HasAllKeys = false;
        }
    }

    /// <summary><c>secret</c> or <c>secret_file</c>, one of them.</summary>
    private byte[]? ReadOctets(ConfigSection section, string what)
    {
        ConfigScalar? inline = section.Scalar("secret");
        ConfigScalar? file = section.Scalar("secret_file");
        if (inline is not null && file is not null)
        {
            section.Fault("secret_file", "stands beside secret, keep one of them");
            return null;
        }

        if (inline is null && file is null)
        {
            if (!section.Has("secret") && !section.Has("secret_file"))
            {
                section.Fault("secret", $"is missing, write {what} as secret, or name a file that holds it as secret_file");
            }

            return null;
        }

        string key = inline is null ? "secret_file" : "secret";
        byte[]? octets = inline is null ? files.Secret(file!) : FromText(section, inline.Text);
        if (octets is { Length: 0 })
        {
            section.Fault(key, $"is empty, {what} must hold something");
            return null;
        }

        return octets;
    }

    /// <summary>Text; behind <c>0x</c> hexadecimal, behind <c>0s</c> base64, as in swanctl.conf; or <c>${ENV:NAME}</c>.</summary>
    private static byte[]? FromText(ConfigSection section, string text)
    {
        if (text.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && text.EndsWith('}'))
        {
            string variable = text[EnvironmentPrefix.Length..^1];
            string? value = Environment.GetEnvironmentVariable(variable);
            if (value is null)
            {
                section.Fault("secret", $"the environment has no variable {variable}, set it or write the secret another way");
                return null;
            }

            text = value;
        }

        try
        {
            return text switch
            {
                ['0', 'x', .. string hex] => Convert.FromHexString(hex),
                ['0', 's', .. string base64] => Convert.FromBase64String(base64),
                _ => Encoding.UTF8.GetBytes(text),
            };
        }
        catch (FormatException)
        {
            section.Fault("secret", text.StartsWith("0x", StringComparison.Ordinal)
                ? "what stands behind 0x is not hexadecimal, write pairs of 0-9 and a-f"
                : "what stands behind 0s is not base64, write it with its = at the end");
            return null;
        }
    }
}
