// samara completion: the scripts that connect a shell with `samara __complete`. What can be
// completed follows from the table of commands, so the scripts never change with it.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"

namespace samara::cli {
namespace {

// `samara __complete WORD…` prints candidates, one a line as `word<TAB>description`, then one line
// `:file`, `:folder` or `:none`, which tells what else the shell may offer.

constexpr std::string_view k_bash = R"(# bash completion of samara; for example in ~/.bashrc:
#   source <(samara completion bash)
_samara() {
  local cur=${COMP_WORDS[COMP_CWORD]} line directive=none
  COMPREPLY=()
  # bash cuts words at '@' and '=': a file behind them is completed as it stands.
  if [[ $cur == '@' || $cur == '=' ]]; then
    COMPREPLY=($(compgen -f --))
    compopt -o filenames
    return
  fi
  if [[ ${COMP_WORDS[COMP_CWORD-1]} == '@' ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    compopt -o filenames
    return
  fi
  while IFS= read -r line; do
    case $line in
      :*) directive=${line#:} ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $directive in
    file) COMPREPLY+=($(compgen -f -- "$cur")); compopt -o filenames ;;
    folder) COMPREPLY+=($(compgen -d -- "$cur")); compopt -o filenames ;;
  esac
}
complete -F _samara samara
)";

constexpr std::string_view k_zsh = R"(#compdef samara
# zsh completion of samara; for example in ~/.zshrc:
#   source <(samara completion zsh)
_samara() {
  local line directive=none
  local -a found
  while IFS= read -r line; do
    case $line in
      :*) directive=${line#:} ;;
      *) line=${line//:/\\:}; found+=("${line/$'\t'/:}") ;;
    esac
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#found} )) && _describe -V samara found
  if [[ $PREFIX == @* ]]; then
    compset -P '@'
    _files
    return
  fi
  case $directive in
    file) _files ;;
    folder) _files -/ ;;
  esac
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
  _samara "$@"
else
  compdef _samara samara
fi
)";

constexpr std::string_view k_fish = R"(# fish completion of samara; for example:
#   samara completion fish > ~/.config/fish/completions/samara.fish
function __samara_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  set -l cur (commandline -ct)
  for line in ($program __complete -- $words 2>/dev/null)
    switch $line
      case ':file'
        if string match -q '@*' -- $cur
          for file in (__fish_complete_path (string sub -s 2 -- $cur))
            echo @$file
          end
        else
          __fish_complete_path $cur
        end
      case ':folder'
        __fish_complete_directories $cur
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c samara -f -a '(__samara_complete)'
)";

Result<Exit> run(Context& context, const Arguments& arguments) {
  std::string_view shell = arguments.positional(0);
  std::string_view script;
  if (shell == "bash") script = k_bash;
  if (shell == "zsh") script = k_zsh;
  if (shell == "fish") script = k_fish;
  if (script.empty()) {
    return context.misuse("unknown shell '" + std::string(shell) + "'", "bash, zsh or fish");
  }
  context.out().write(script);
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"SHELL", "bash, zsh or fish", Completes::shell},
};

}  // namespace

constinit const Command k_completion = {
    .group = "",
    .name = "completion",
    .summary = "print the script that completes commands in a shell",
    .positionals = k_positionals,
    .options = {},
    .detail = "",
    .example = "source <(samara completion bash)",
    .run = run,
};

}  // namespace samara::cli
