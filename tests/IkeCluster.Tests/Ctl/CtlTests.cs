extern alias ctl;

using System.Net;
using System.Text;
using ctl::IkeCluster.Ctl;

namespace IkeCluster.Tests.Ctl;

public sealed class CtlTests
{
    private const string Sa = """
        {"local_spi":"43487ecdbeae7366","peer_spi":"47e25614b87604b3","connection":"roadwarrior","state":"established","local_id":"vpn.example.org","remote_id":"alice@example.org","eap_id":null,"local_address":"192.0.2.1:4500","remote_address":"192.0.2.2:4500","virtual_ips":["10.64.0.2"],"proposal":"AES_GCM_16-256","established_s":61,"rekey_in_s":null,"node":"node-1","shard":3,"children":[{"name":"net","spi_in":"9ea53a9d","spi_out":"64f28933","mode":"tunnel","proposal":"AES_GCM_16-256","local_ts":["0.0.0.0/0"],"remote_ts":["10.64.0.2/32"],"bytes_in":null,"bytes_out":null,"rekey_in_s":3600}]}
        """;

    private readonly FakeNode _node = new();

    [Fact]
    public async Task A_list_as_JSON_is_what_the_node_said()
    {
        _node.Answer = $"[{Sa}]";
        (int code, string output, _) = await Run("sa", "list", "-o", "json");

        Assert.Equal(0, code);
        Assert.Equal($"[{Sa.Trim()}]", Compact(output));
    }

    [Fact]
    public async Task A_list_as_table_has_one_line_for_each_SA()
    {
        _node.Answer = $"[{Sa}]";
        (_, string output, _) = await Run("sa", "list");

        Assert.Equal(
            [
                "SPI              CONNECTION  STATE       PEER              ADDRESS        VIRTUAL   CHILDREN AGE  REKEY IN",
                "43487ecdbeae7366 roadwarrior established alice@example.org 192.0.2.2:4500 10.64.0.2 net      1m1s -",
            ],
            output.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("-o", "json", "sa", "list")]
    [InlineData("sa", "-o", "json", "list")]
    [InlineData("sa", "list", "--output", "json")]
    public async Task The_format_stands_before_or_behind_the_verb(params string[] arguments)
    {
        _node.Answer = $"[{Sa}]";
        (int code, string output, _) = await Run(arguments);

        Assert.Equal((0, $"[{Sa.Trim()}]"), (code, Compact(output)));
    }

    [Theory]
    [InlineData]
    [InlineData("-o", "json")]
    public async Task What_the_limit_left_out_is_told_beside_the_list(params string[] format)
    {
        (_node.Answer, _node.More) = ($"[{Sa}]", "41");
        (int code, string output, string error) = await Run(["sa", "list", "--limit", "1", .. format]);

        Assert.Equal((0, "ikectl: 41 more; --limit 42 shows them too, --identity and --address narrow the list\n"), (code, error));
        Assert.DoesNotContain("41", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_completed_where_one_is_wanted()
    {
        string folder = Directory.CreateTempSubdirectory("ikectl-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "node.yaml"), "");
        Directory.CreateDirectory(Path.Combine(folder, "nodes"));
        string typed = $"ikectl config check {folder}/no";
        using StringWriter output = new(), error = new();
        await CtlProgram.RunAsync([$"[suggest:{typed.Length}]", typed], output, error, _ => _node);
        Directory.Delete(folder, recursive: true);

        Assert.Equal([$"{folder}/node.yaml", $"{folder}/nodes/"], output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Filters_go_to_the_node()
    {
        _node.Answer = "[]";
        await Run("sa", "list", "--identity", "a b@c", "--address", "::1", "--node", "n", "--limit", "5");
        Assert.Equal("GET /v1/sas?identity=a%20b%40c&address=%3A%3A1&node=n&limit=5", _node.Asked);
    }

    [Theory]
    [InlineData("POST /v1/terminate?spi=43487ecdbeae7366", "43487ecdbeae7366")]
    [InlineData("POST /v1/terminate?spi=43487ecdbeae7366&child=net", "43487ecdbeae7366", "--child", "net")]
    [InlineData("POST /v1/terminate?identity=alice", "--identity", "alice")]
    [InlineData("POST /v1/terminate?all=true", "--all")]
    public async Task Terminate_says_what_to_end(string asked, params string[] arguments)
    {
        _node.Answer = """{"matched":1}""";
        (int code, string output, _) = await Run(["sa", "terminate", .. arguments]);

        Assert.Equal((0, "1 to end\n", asked), (code, output, _node.Asked));
    }

    [Theory]
    [InlineData("POST /v1/rekey?spi=43487ecdbeae7366", "43487ecdbeae7366")]
    [InlineData("POST /v1/rekey?spi=43487ecdbeae7366&child=net", "43487ecdbeae7366", "--child", "net")]
    public async Task Rekey_says_what_to_rekey(string asked, params string[] arguments)
    {
        _node.Answer = """{"matched":1}""";
        (int code, string output, _) = await Run(["sa", "rekey", .. arguments]);

        Assert.Equal((0, "1 to rekey\n", asked), (code, output, _node.Asked));
    }

    [Theory]
    [InlineData("POST /v1/log/level?category=sa&level=debug", "level", "sa", "debug")]
    [InlineData("POST /v1/log/trace?identity=%2A%40example.org&for=10m", "trace", "--identity", "*@example.org")]
    [InlineData("POST /v1/log/trace?address=192.0.2.7&for=1h", "trace", "--address", "192.0.2.7", "--for", "1h")]
    public async Task Log_verbs_say_what_to_write(string asked, params string[] arguments)
    {
        _node.Answer = """{"note":"as you say"}""";
        (int code, string output, _) = await Run(["log", .. arguments]);

        Assert.Equal((0, "as you say\n", asked), (code, output, _node.Asked));
    }

    [Theory]
    [InlineData("log", "trace")]
    [InlineData("log", "trace", "--identity", "a", "--address", "::1")]
    [InlineData("log", "level", "everything", "debug")]
    [InlineData("log", "level", "sa", "loud")]
    [InlineData("sa", "terminate")]
    [InlineData("sa", "rekey")]
    [InlineData("sa", "rekey", "--child", "net")]
    [InlineData("sa", "terminate", "43487ecdbeae7366", "--all")]
    [InlineData("sa", "terminate", "--all", "--child", "net")]
    [InlineData("sa", "show", "nonsense")]
    [InlineData("sa", "list", "--limit", "0")]
    [InlineData("sa", "list", "-o", "xml")]
    [InlineData("--endpoint", "tcp:1.2.3.4", "status")]
    [InlineData("completion", "tcsh")]
    [InlineData("config", "reload", "-o", "json")]
    [InlineData("-o", "json", "sa", "terminate", "--all")]
    [InlineData]
    public async Task What_cannot_be_meant_is_a_usage_fault(params string[] arguments)
    {
        (int code, string output, string error) = await Run(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("ikectl: ", error, StringComparison.Ordinal);
        Assert.Null(_node.Asked);
    }

    [Fact]
    public async Task A_refusal_of_the_node_is_1_with_its_words()
    {
        (_node.Status, _node.Answer) = (HttpStatusCode.NotFound, """{"errors":["there is no IKE SA 43487ecdbeae7366 here"]}""");
        (int code, _, string error) = await Run("sa", "show", "43487ecdbeae7366");
        Assert.Equal((1, "ikectl: there is no IKE SA 43487ecdbeae7366 here\n"), (code, error));
    }

    // The node knows what a time is; a script sees the same 2 as for a word that ikectl itself does not know.
    [Fact]
    public async Task What_the_node_cannot_take_for_meant_is_a_usage_fault_too()
    {
        (_node.Status, _node.Answer) = (HttpStatusCode.BadRequest, """{"errors":["\"10x\" is not a time"]}""");
        (int code, _, string error) = await Run("log", "trace", "--identity", "a", "--for", "10x");
        Assert.Equal((2, "ikectl: \"10x\" is not a time\n"), (code, error));
    }

    [Theory]
    [InlineData("-3", "due")]
    [InlineData("0", "due")]
    [InlineData("90", "1m30s")]
    [InlineData("null", "-")]
    public async Task A_rekey_that_is_late_is_due(string seconds, string shown)
    {
        _node.Answer = $"[{Sa.Replace("\"rekey_in_s\":null", $"\"rekey_in_s\":{seconds}", StringComparison.Ordinal)}]";
        (_, string output, _) = await Run("sa", "list");
        Assert.EndsWith($" {shown}", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "reloaded, 1 connection\n")]
    [InlineData(2, "reloaded, 2 connections\n")]
    public async Task One_is_not_many(int connections, string told)
    {
        _node.Answer = $$"""{"connections":{{connections}},"notes":[]}""";
        Assert.Equal(told, (await Run("config", "reload")).Output);
    }

    [Fact]
    public async Task A_reload_with_faults_names_them_all()
    {
        (_node.Status, _node.Answer) = (HttpStatusCode.UnprocessableEntity, """{"errors":["a.yaml:1:1: x","a.yaml:2:1: y"]}""");
        (int code, _, string error) = await Run("config", "reload");
        Assert.Equal((1, "ikectl: a.yaml:1:1: x\nikectl: a.yaml:2:1: y\n"), (code, error));
    }

    [Fact]
    public async Task No_node_is_3()
    {
        _node.IsThere = false;
        (int code, _, string error) = await Run("status");
        Assert.Equal(3, code);
        Assert.Contains("no node answers at unix:/run/test.sock", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -o filenames -F _ikectl ikectl")]
    [InlineData("zsh", "#compdef ikectl")]
    [InlineData("fish", "complete -f -c ikectl")]
    public async Task Every_shell_gets_its_completion(string shell, string line)
    {
        (int code, string output, _) = await Run("completion", shell);
        Assert.Equal(0, code);
        Assert.Contains(line, output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        string[] atTest = arguments is ["--endpoint", ..] or [] ? arguments : [.. arguments, "--endpoint", "unix:/run/test.sock"];
        int code = await CtlProgram.RunAsync(atTest, output, error, _ => _node);
        return (code, output.ToString(), error.ToString());
    }

    private static string Compact(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return System.Text.Json.JsonSerializer.Serialize(document.RootElement);
    }

    private sealed class FakeNode : HttpMessageHandler
    {
        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public string Answer { get; set; } = "";

        public string More { get; set; } = "0";

        public bool IsThere { get; set; } = true;

        public string? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!IsThere)
            {
                throw new HttpRequestException("no such file");
            }

            var response = new HttpResponseMessage(Status) { Content = new StringContent(Answer, Encoding.UTF8, "application/json") };
            response.Headers.Add("Ike-More", More);
            Asked = $"{request.Method} {request.RequestUri!.PathAndQuery}";
            return Task.FromResult(response);
        }
    }
}
