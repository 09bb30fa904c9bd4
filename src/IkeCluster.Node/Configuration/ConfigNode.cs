namespace IkeCluster.Node.Configuration;

/// <summary>A value of the configuration and where it stands. Scalars stay text: what they mean, their reader knows.</summary>
internal abstract class ConfigNode(ConfigPlace place)
{
    public ConfigPlace Place { get; } = place;
}

internal sealed class ConfigScalar(ConfigPlace place, string text, bool isPlain) : ConfigNode(place)
{
    public string Text { get; } = text;

    /// <summary>Nothing was written behind the key (or <c>~</c>, or <c>null</c>).</summary>
    public bool IsNull => isPlain && Text is "" or "~" or "null";
}

internal sealed class ConfigList(ConfigPlace place) : ConfigNode(place)
{
    public List<ConfigNode> Items { get; } = [];
}

internal sealed class ConfigMap(ConfigPlace place) : ConfigNode(place)
{
    public List<(ConfigScalar Key, ConfigNode Value)> Entries { get; } = [];

    public ConfigNode? Find(string key)
    {
        foreach ((ConfigScalar name, ConfigNode value) in Entries)
        {
            if (name.Text == key)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>In the place of an entry of that name, or behind the last one.</summary>
    public void Put(ConfigScalar key, ConfigNode value)
    {
        int at = Entries.FindIndex(entry => entry.Key.Text == key.Text);
        if (at < 0)
        {
            Entries.Add((key, value));
        }
        else
        {
            Entries[at] = (key, value);
        }
    }
}
