using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace IkeCluster.Node.Configuration;

/// <summary>
/// YAML text → <see cref="ConfigNode"/>. Reads the parser's events rather than its object model, which would stop at the
/// first key written twice and could not name them all.
/// </summary>
internal sealed class YamlTree
{
    private const int DepthMax = 32;

    private readonly string _source;
    private readonly ConfigReport _report;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, ConfigNode> _anchors = [];

    private YamlTree(string text, string source, ConfigReport report)
    {
        (_source, _report) = (source, report);
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The one document of the text; null, with a fault reported, where it is not well formed.</summary>
    public static ConfigNode? Read(string text, string source, ConfigReport report)
    {
        var tree = new YamlTree(text, source, report);
        try
        {
            return tree.ReadDocument();
        }
        catch (YamlException fault)
        {
            report.Fault(At(source, fault.Start), $"this is not well-formed YAML: {Sentence(fault)}");
            return null;
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner gives up in this way at a list that is left open, without saying where.
            report.Fault(
                At(source, tree._parser.Current?.End ?? Mark.Empty),
                "this is not well-formed YAML: behind this place a bracket is left open, or stands in a word without quotes");
            return null;
        }
    }

    private ConfigNode ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            return new ConfigMap(new ConfigPlace(_source, 1, 1));
        }

        ConfigNode root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out DocumentStart? second))
        {
            _report.Fault(At(_source, second!.Start), "a second document starts here, a configuration is one document");
        }

        return root;
    }

    private ConfigNode ReadNode(int depth)
    {
        ParsingEvent next = _parser.Current!;
        if (depth > DepthMax)
        {
            throw new YamlException(next.Start, next.End, $"nested more than {DepthMax} levels deep");
        }

        if (next is AnchorAlias alias)
        {
            _parser.MoveNext();
            return _anchors.GetValueOrDefault(alias.Value)
                ?? throw new YamlException(alias.Start, alias.End, "no anchor stands before this alias; a value that begins with * needs quotes");
        }

        ConfigNode node = next switch
        {
            MappingStart => ReadMap(depth),
            SequenceStart => ReadList(depth),
            _ => ReadScalar(),
        };
        if (next is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor] = node;
        }

        return node;
    }

    private ConfigScalar ReadScalar()
    {
        Scalar scalar = _parser.Consume<Scalar>();
        return new ConfigScalar(At(_source, scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private ConfigList ReadList(int depth)
    {
        var list = new ConfigList(At(_source, _parser.Consume<SequenceStart>().Start));
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            list.Items.Add(ReadNode(depth + 1));
        }

        return list;
    }

    private ConfigMap ReadMap(int depth)
    {
        var map = new ConfigMap(At(_source, _parser.Consume<MappingStart>().Start));
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            ConfigScalar key = ReadScalar();
            ConfigNode value = ReadNode(depth + 1);
            if (map.Find(key.Text) is null)
            {
                map.Entries.Add((key, value));
            }
            else
            {
                ConfigPlace first = map.Entries.Find(entry => entry.Key.Text == key.Text).Key.Place;
                _report.Fault(key.Place, $"\"{key.Text}\" stands here a second time, the first is in line {first.Line}: keep one");
            }
        }

        return map;
    }

    private static ConfigPlace At(string source, Mark mark) => new(source, Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));

    /// <summary>The parser's messages may begin with a position of their own; ours stands in front already.</summary>
    private static string Sentence(YamlException fault)
    {
        string text = fault.Message;
        int behindPosition = text.IndexOf("): ", StringComparison.Ordinal);
        string what = text.StartsWith('(') && behindPosition > 0 ? text[(behindPosition + 3)..] : text;
        return what.ReplaceLineEndings(" ").TrimEnd('.');
    }
}
