#pragma once
// Reading lines from a person: editing, history and completion where the system has libedit, plain
// lines otherwise and in a pipe. libedit is loaded when it is needed, so that nothing else pays for
// it. Threads: one; one LineEditor at a time, because libedit has one state.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace samara::cli {

class LineEditor {
 public:
  /// What may stand instead of the word from `start` to the end of `line`.
  using Complete = std::function<std::vector<std::string>(std::string_view line, size_t start)>;

  /// `history_path` may be empty: nothing is kept.
  LineEditor(std::string history_path, Complete complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line. False: the end of the input. The prompt is shown to people only.
  bool read(const std::string& prompt, std::string& line);
  /// Adds the lines of an entry.
  void remember(const std::string& entry);

 private:
  struct Library;
  bool read_plain(std::string& line);

  std::string history_path_;
  bool interactive_;
  std::string buffer_;
  size_t at_ = 0;
  bool ended_ = false;
};

/// Where the history of prompts is kept: below XDG_STATE_HOME or ~/.local/state. Empty: nowhere.
std::string default_history_path();

}  // namespace samara::cli
