using System.Text.Json;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Tests.Protocol;

/// <summary>A message of Wireshark's captures, with what others found inside (Vectors/wireshark-decrypt/ORIGIN.md).</summary>
public sealed record RealMessage(string Name, byte[] Octets, PayloadType FirstInner, byte[] InnerChain, RealPayload[] Inner)
{
    public static IReadOnlyList<RealMessage> All { get; } = Load();

    /// <summary>Every chain in clear: of the IKE_SA_INIT messages, and the opened inner ones.</summary>
    public static IEnumerable<(PayloadType First, byte[] Chain)> Chains =>
        from message in All
        let isOpen = message.Octets[16] != (byte)PayloadType.Encrypted
        select isOpen
            ? ((PayloadType)message.Octets[16], message.Octets[IkeHeader.Octets..])
            : (message.FirstInner, message.InnerChain);

    public override string ToString() => Name;

    private static List<RealMessage> Load()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Vectors", "wireshark-decrypt", "keys.json");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        return
        [
            .. from capture in json.RootElement.GetProperty("captures").EnumerateArray()
               from message in capture.GetProperty("messages").EnumerateArray()
               select Read($"{capture.GetProperty("file")} packet {message.GetProperty("packet")}", message),
        ];
    }

    private static RealMessage Read(string name, JsonElement message)
    {
        byte[] octets = Hex(message, "ike_message");
        if (!message.TryGetProperty("plaintext", out _))
        {
            return new RealMessage(name, octets, PayloadType.None, [], []);
        }

        // RFC 7296 §3.14: padding and its length stand behind the payloads.
        byte[] plaintext = Hex(message, "plaintext");
        byte[] chain = plaintext[..(plaintext.Length - 1 - message.GetProperty("pad_length").GetInt32())];
        RealPayload[] inner =
        [
            .. message.GetProperty("inner_payloads").EnumerateArray().Select(payload => new RealPayload(
                (PayloadType)payload.GetProperty("type").GetByte(), payload.GetProperty("critical").GetBoolean(), Hex(payload, "body"))),
        ];
        return new RealMessage(name, octets, (PayloadType)message.GetProperty("first_inner_payload").GetByte(), chain, inner);
    }

    private static byte[] Hex(JsonElement holder, string name) => Convert.FromHexString(holder.GetProperty(name).GetString()!);
}

/// <summary>One payload as the collector's own parser found it.</summary>
public sealed record RealPayload(PayloadType Type, bool IsCritical, byte[] Body);
