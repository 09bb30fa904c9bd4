using System.CommandLine;

namespace IkeCluster.Ctl;

/// <summary><c>ikectl completion</c>: a script for the shell, which asks ikectl itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # ikectl completion bash > /etc/bash_completion.d/ikectl
        _ikectl() {
            local IFS=$'\n'
            COMPREPLY=( $(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -o filenames -F _ikectl ikectl
        """;

    private const string Zsh = """
        #compdef ikectl
        # ikectl completion zsh > "${fpath[1]}/_ikectl"
        _ikectl() {
            local -a words_to_offer
            words_to_offer=( ${(f)"$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"} )
            compadd -a words_to_offer
        }
        compdef _ikectl ikectl
        """;

    private const string Fish = """
        # ikectl completion fish > ~/.config/fish/completions/ikectl.fish
        complete -f -c ikectl -a "(ikectl '[suggest:'(commandline -C)']' (commandline -c) 2>/dev/null)"
        """;

    public static Command Build(CtlContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a completion script for a shell") { shell };
        command.SetAction(parsed => context.Output.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
        return command;
    }
}
