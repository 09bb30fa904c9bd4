using System.Globalization;
using System.Numerics;

namespace IkeCluster.Protocol.Values;

/// <summary>Dotted numbers for the content of an ASN.1 object identifier, and back.</summary>
internal static class ObjectIdentifierText
{
    private const int ArcsPerRoot = 40;

    /// <summary>As <c>2.5.4.97</c>; empty where the octets are none.</summary>
    internal static string Write(ReadOnlySpan<byte> oid)
    {
        if (oid.IsEmpty || (oid[^1] & 0x80) != 0)
        {
            return "";
        }

        var arcs = new List<BigInteger>();
        BigInteger arc = 0;
        foreach (byte octet in oid)
        {
            arc = (arc << 7) | (octet & 0x7F);
            if ((octet & 0x80) == 0)
            {
                arcs.Add(arc);
                arc = 0;
            }
        }

        // X.690 §8.19.4: the first two numbers share the first arc, and only root 2 has more than 40 below it.
        BigInteger root = BigInteger.Min(arcs[0] / ArcsPerRoot, 2);
        return string.Join('.', arcs.Skip(1).Prepend(arcs[0] - (root * ArcsPerRoot)).Prepend(root));
    }

    internal static bool TryParse(string text, out byte[] oid)
    {
        oid = [];
        string[] words = text.Split('.');
        var arcs = new List<uint>();
        foreach (string word in words)
        {
            if (!uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint arc))
            {
                return false;
            }

            arcs.Add(arc);
        }

        if (arcs.Count < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] >= ArcsPerRoot) || arcs[1] > ushort.MaxValue)
        {
            return false;
        }

        var octets = new List<byte>();
        Append(octets, (arcs[0] * ArcsPerRoot) + arcs[1]);
        arcs.Skip(2).ToList().ForEach(arc => Append(octets, arc));
        oid = [.. octets];
        return true;
    }

    private static void Append(List<byte> octets, uint arc)
    {
        for (int shift = 28; shift > 0; shift -= 7)
        {
            if (arc >> shift != 0)
            {
                octets.Add((byte)(0x80 | (arc >> shift)));
            }
        }

        octets.Add((byte)(arc & 0x7F));
    }
}
