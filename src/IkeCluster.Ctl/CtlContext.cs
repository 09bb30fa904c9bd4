using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IkeCluster.Control;
using Spectre.Console;

namespace IkeCluster.Ctl;

/// <summary>What every verb needs: where the node is, where answers go, and how they look.</summary>
internal sealed class CtlContext(TextWriter output, TextWriter error, Func<ControlEndpoint, HttpMessageHandler> connect)
{
    private const int WidthMax = 1000;

    private static readonly ControlJson Indented = new(new JsonSerializerOptions(ControlJson.Default.Options) { WriteIndented = true });

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    public Option<string?> Endpoint { get; } = new("--endpoint")
    {
        Description = "unix:PATH of the node's control socket (else $IKECTL_ENDPOINT, ./var/ikenode.sock, /var/lib/ikenode/ikenode.sock)",
        HelpName = "unix:PATH",
        Recursive = true,
    };

    /// <summary>Stands before or behind the verb.</summary>
    public Option<string> Format { get; } = new Option<string>("--output", "-o")
    {
        Description = "How to print, for verbs that read: table or json",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    }.AcceptOnlyFromAmong("table", "json");

    private HashSet<Command> Readers { get; } = [];

    /// <summary>A verb that reads, and so obeys <see cref="Format"/>.</summary>
    public Command Reads(Command command)
    {
        Readers.Add(command);
        return command;
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Format) == "json";

    /// <summary>A format for a verb that has nothing to print would be typed in vain.</summary>
    public bool IsFormatInVain(ParseResult parsed) =>
        parsed.GetResult(Format) is { Implicit: false } && !Readers.Contains(parsed.CommandResult.Command);

    /// <summary>Asks the node and goes on with its answer; a refusal and a node that is not there end here.</summary>
    public async Task<int> AskAsync<T>(
        ParseResult parsed, HttpMethod method, string path, JsonTypeInfo<T> type, Action<T> show, CancellationToken stop)
        where T : class => await AskAsync(parsed, method, path, type, (value, _) => show(value), stop);

    /// <summary>The same of a list, which may have more entries than were asked for.</summary>
    public async Task<int> AskAsync<T>(
        ParseResult parsed, HttpMethod method, string path, JsonTypeInfo<T> type, Action<T, long> show, CancellationToken stop)
        where T : class
    {
        if (ControlEndpoint.Find(parsed.GetValue(Endpoint), out string fault) is not { } endpoint)
        {
            await Error.WriteLineAsync($"ikectl: {fault}");
            return fault.StartsWith("--endpoint", StringComparison.Ordinal) ? ExitCode.Usage : ExitCode.NoNode;
        }

        using var client = new ControlClient(connect(endpoint));
        ControlAnswer<T> answer = await client.AskAsync(method, path, type, stop);
        if (answer.Value is { } value)
        {
            show(value, answer.More);
            return ExitCode.Done;
        }

        if (!answer.IsNode)
        {
            string cause = string.Join("; ", answer.Errors.Prepend($"no node answers at {endpoint}"));
            await Error.WriteLineAsync($"ikectl: {cause}; is ikenode running? --endpoint names another");
            return ExitCode.NoNode;
        }

        foreach (string line in answer.Errors)
        {
            await Error.WriteLineAsync($"ikectl: {line}");
        }

        return answer.IsUsage ? ExitCode.Usage : ExitCode.Refused;
    }

    /// <summary>A path of the control socket with those of the values that are there.</summary>
    public static string WithQuery(string path, params ReadOnlySpan<(string Key, string? Value)> query)
    {
        var parts = new List<string>();
        foreach ((string key, string? value) in query)
        {
            if (value is not null)
            {
                parts.Add($"{key}={Uri.EscapeDataString(value)}");
            }
        }

        return $"{path}?{string.Join('&', parts)}";
    }

    public void PrintJson<T>(T value, JsonTypeInfo<T> type) =>
        Output.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Indented.GetTypeInfo(type.Type)!));

    /// <summary>Columns without lines, as other tools print them; every row is one line, however narrow the terminal.</summary>
    public void PrintTable(IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        Table table = new Table().NoBorder();
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        }

        foreach (IEnumerable<string> row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = WidthMax;
        console.Write(table);

        // The last column is padded too, which wraps narrow terminals and annoys whoever greps for an end of line.
        foreach (string line in text.ToString().TrimEnd().Split('\n'))
        {
            Output.WriteLine(line.TrimEnd());
        }
    }
}
