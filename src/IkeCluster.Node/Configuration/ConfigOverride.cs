using System.Globalization;

namespace IkeCluster.Node.Configuration;

/// <summary>
/// <c>--set path.to.key=value</c>: puts a value into the tree before it is read. A number in the path is a place in a
/// list; a value that begins with <c>[</c>, <c>{</c> or a quote is YAML, every other one is plain text.
/// </summary>
internal static class ConfigOverride
{
    public static void Apply(ConfigMap root, string setting, ConfigReport report)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        var place = new ConfigPlace($"--set {(equals < 0 ? setting : setting[..equals])}", 0, 0);
        if (equals <= 0)
        {
            report.Fault(place, "this sets nothing, write --set path.to.key=value");
            return;
        }

        string[] path = setting[..equals].Split('.');
        ConfigNode? value = ReadValue(setting[(equals + 1)..], place, report);
        if (value is not null && !TryPut(root, path, value, place))
        {
            report.Fault(place, "there is no such place in this configuration: on the way stands a value that has no parts");
        }
    }

    private static ConfigNode? ReadValue(string text, ConfigPlace place, ConfigReport report)
    {
        if (text is not ['[' or '{' or '"' or '\'', ..])
        {
            return new ConfigScalar(place, text, isPlain: true);
        }

        var ofValue = new ConfigReport();
        ConfigNode? value = YamlTree.Read(text, place.Source, ofValue);
        foreach (ConfigFault fault in ofValue.Faults)
        {
            report.Fault(place, fault.What);
        }

        return ofValue.HasFaults ? null : value;
    }

    private static bool TryPut(ConfigMap root, ReadOnlySpan<string> path, ConfigNode value, ConfigPlace place)
    {
        ConfigNode? at = root;
        for (; path.Length > 1; path = path[1..])
        {
            at = Step(at, path[0], path[1], place);
        }

        switch (at)
        {
            case ConfigMap map:
                map.Put(new ConfigScalar(place, path[0], isPlain: true), value);
                return true;
            case ConfigList list when IndexOf(list, path[0]) is { } index:
                list.Items.RemoveRange(index, Math.Min(1, list.Items.Count - index));
                list.Items.Insert(index, value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The part of that name; one that is not there yet is made, a list where its first entry comes next.</summary>
    private static ConfigNode? Step(ConfigNode? at, string name, string below, ConfigPlace place)
    {
        if (at is ConfigList list)
        {
            int? index = IndexOf(list, name);
            if (index == list.Items.Count)
            {
                list.Items.Add(new ConfigMap(place));
            }

            return index is { } there ? list.Items[there] : null;
        }

        if (at is not ConfigMap map)
        {
            return null;
        }

        ConfigNode? found = map.Find(name);
        if (found is null or ConfigScalar { IsNull: true })
        {
            found = below == "0" ? new ConfigList(place) : new ConfigMap(place);
            map.Put(new ConfigScalar(place, name, isPlain: true), found);
        }

        return found;
    }

    /// <summary>A place in the list, or the one behind its end.</summary>
    private static int? IndexOf(ConfigList list, string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index <= list.Items.Count ? index : null;
}
