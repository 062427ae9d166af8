#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sallyport/command.h"

namespace sallyport::cli {
namespace {

constexpr char kDescription[] =
    "Print a shell's completion script\n\n"
    "  bash   source <(sallyport completion bash)\n"
    "  zsh    sallyport completion zsh > \"${fpath[1]}/_sallyport\"\n"
    "  fish   sallyport completion fish > ~/.config/fish/completions/sallyport.fish";

// The command as the parser knows it: nothing is listed twice.
std::vector<const CLI::App*> Children(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* child) { return !child->get_name().empty(); });
}

// Options of the command itself and of the unnamed groups in it.
std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* child) { return child->get_name().empty(); })) {
    for (std::string& name : OptionNames(*group)) names.push_back(std::move(name));
  }
  return names;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// "path" → words that may follow: children and options.
void CollectWords(const CLI::App& app, const std::string& path, std::vector<std::pair<std::string, std::string>>& out) {
  std::vector<std::string> words;
  for (const CLI::App* child : Children(app)) words.push_back(child->get_name());
  for (const std::string& name : OptionNames(app)) words.push_back(name);
  out.emplace_back(path, absl::StrJoin(words, " "));
  for (const CLI::App* child : Children(app)) {
    CollectWords(*child, absl::StrCat(path, path.empty() ? "" : " ", child->get_name()), out);
  }
}

std::string Cases(const CLI::App& app) {
  std::vector<std::pair<std::string, std::string>> words;
  CollectWords(app, "", words);
  std::string cases;
  for (const auto& [path, follow] : words) {
    absl::StrAppend(&cases, "    \"", path, "\") words=\"", follow, "\" ;;\n");
  }
  return cases;
}

// The words before the cursor that are commands make the path; the values of options are passed over, since no command
// is called like them.
std::string Bash(const CLI::App& app) {
  return absl::StrCat(R"sh(_sallyport() {
  local path="" word words
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) case " $(_sallyport_words "$path") " in *" $word "*) path="${path:+$path }$word" ;; esac ;;
    esac
  done
  COMPREPLY=($(compgen -W "$(_sallyport_words "$path")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
_sallyport_words() {
  local words=""
  case "$1" in
)sh",
                      Cases(app), R"sh(  esac
  echo "$words"
}
complete -o default -F _sallyport sallyport
)sh");
}

std::string Zsh(const CLI::App& app) {
  return absl::StrCat(R"sh(#compdef sallyport
_sallyport_words() {
  local words=""
  case "$1" in
)sh",
                      Cases(app), R"sh(  esac
  echo "$words"
}
_sallyport() {
  local path_="" word
  for word in "${words[@]:1:$((CURRENT-2))}"; do
    case " $(_sallyport_words "$path_") " in *" $word "*) [[ $word == -* ]] || path_="${path_:+$path_ }$word" ;; esac
  done
  compadd -- ${=$(_sallyport_words "$path_")} || _files
}
_sallyport "$@"
)sh");
}

std::string FishQuoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

void FishCommands(const CLI::App& app, const std::vector<std::string>& path, std::string& out) {
  std::string condition = path.empty() ? "__fish_use_subcommand" : "";
  for (const std::string& word : path) {
    absl::StrAppend(&condition, condition.empty() ? "" : "; and ", "__fish_seen_subcommand_from ", word);
  }
  std::vector<std::string> names;
  for (const CLI::App* child : Children(app)) names.push_back(child->get_name());
  std::string open = condition;
  if (!path.empty() && !names.empty()) {
    absl::StrAppend(&open, "; and not __fish_seen_subcommand_from ", absl::StrJoin(names, " "));
  }
  for (const CLI::App* child : Children(app)) {
    absl::StrAppend(&out, "complete -c sallyport -f -n ", FishQuoted(open), " -a ", child->get_name(), " -d ",
                    FishQuoted(FirstLine(child->get_description())), "\n");
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      absl::StrAppend(&out, "complete -c sallyport", path.empty() ? "" : " -n " + FishQuoted(condition), " -l ", name,
                      " -d ", FishQuoted(FirstLine(option->get_description())), "\n");
    }
  }
  for (const CLI::App* child : Children(app)) {
    std::vector<std::string> deeper = path;
    deeper.push_back(child->get_name());
    FishCommands(*child, deeper, out);
  }
}

std::string Script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return Bash(app);
  if (shell == "zsh") return Zsh(app);
  std::string out;
  FishCommands(app, {}, out);
  return out;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Command& command) {
  CLI::App* verb = AddVerb(app, "completion", kDescription);
  auto shell = std::make_shared<std::string>();
  Argument(verb, "shell", shell.get(), "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("SHELL");
  verb->callback([&app, &command, shell] {
    command.run = [&app, shell] {
      std::printf("%s", Script(app, *shell).c_str());
      return kDone;
    };
  });
}

}  // namespace sallyport::cli
