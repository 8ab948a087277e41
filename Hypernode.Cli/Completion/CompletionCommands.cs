using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Jobs;

namespace Hypernode.Cli.Completion;

/// <summary>
/// <c>hn completion</c>: what a shell has to be told. The suggestions are the command line library's own (its <c>[suggest]</c>
/// directive), so they are never behind the commands.
/// </summary>
internal static class CompletionCommands
{
    public static Command Create() => new(
        "completion",
        """
        Have commands, options and their values completed by the shell.

        Examples:
          source <(./hn completion bash)
          ./hn completion zsh > ~/.zfunc/_hn
          ./hn completion fish > ~/.config/fish/completions/hn.fish
        """)
    {
        Shell("bash", "source <(./hn completion bash)", Bash),
        Shell("zsh", "source <(./hn completion zsh)", Zsh),
        Shell("fish", "./hn completion fish | source", Fish),
    };

    private static Command Shell(string name, string use, string script)
    {
        var command = new Command(
            name,
            $"""
            Print the script for {name}.

            Examples:
              {use}
            """)
        {
            Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            await Connection.AnswerAsync(parsed, new JsonObject { ["shell"] = name, ["script"] = script }, () => script);
            return ExitCodes.Done;
        });
        return command;
    }

    // What ./hn itself knows beside this program: sim, test, programs, docs.
    private const string Bash = """
        # hn in bash. A key press must not build anything: HN_NO_BUILD.
        _hn_complete() {
          local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} word
          local rest=${COMP_LINE#"$program"}
          COMPREPLY=()
          while IFS= read -r word; do
            [[ $word == "$current"* ]] && COMPREPLY+=("$word")
          done < <(
            HN_NO_BUILD=1 "$program" "[suggest:$((COMP_POINT - ${#program} + 2))]" "hn$rest" 2>/dev/null
            [ "$COMP_CWORD" != 1 ] || printf '%s\n' sim test programs docs
          )
        }
        complete -o default -F _hn_complete hn ./hn
        """;

    private const string Zsh = """
        #compdef hn
        # hn in zsh. A key press must not build anything: HN_NO_BUILD.
        _hn() {
          local program=${words[1]}
          local line="${(j: :)words[1,CURRENT]}"
          local -a found
          line="hn${line#$program}"
          found=("${(@f)$(HN_NO_BUILD=1 $program "[suggest:${#line}]" "$line" 2>/dev/null)}")
          (( CURRENT == 2 )) && found+=(sim test programs docs)
          found=(${found:#})
          if (( $#found )); then compadd -a found; else _files; fi
        }
        (( $+functions[compdef] )) && compdef _hn hn
        """;

    private const string Fish = """
        # hn in fish. A key press must not build anything: HN_NO_BUILD.
        function __hn_complete
            set -l words (commandline -opc)
            set -l line hn (string escape -- $words[2..-1]) (commandline -ct)
            HN_NO_BUILD=1 $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            if test (count $words) -eq 1
                printf '%s\n' sim test programs docs
            end
        end
        complete -c hn -a '(__hn_complete)'
        """;
}
