#include "apps/samara/line_editor.hpp"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace samara::cli {
namespace {

// libedit's readline interface, as its header declares it.
using ReadLine = char* (*)(const char* prompt);
using AddHistory = int (*)(const char* line);
using HistoryFile = int (*)(const char* path);
using Attempt = char** (*)(const char* text, int start, int end);
using Generate = char* (*)(const char* text, int state);
using Matches = char** (*)(const char* text, Generate generate);

constexpr char k_library[] = "libedit.so.2";
constexpr int k_history_lines_max = 2000;

struct Calls {
  ReadLine read_line = nullptr;
  AddHistory add_history = nullptr;
  HistoryFile read_history = nullptr;
  HistoryFile write_history = nullptr;
  Matches matches = nullptr;
  Attempt* attempt = nullptr;
  char** line = nullptr;
  int* append_character = nullptr;
  const char** break_characters = nullptr;
};

// libedit calls back without a context of ours, so there is one of each.
Calls g_calls;
LineEditor::Complete g_complete;
std::vector<std::string> g_found;

template <typename T>
bool find(void* library, const char* name, T& out) {
  void* symbol = ::dlsym(library, name);
  if (symbol == nullptr) return false;
  static_assert(sizeof(T) == sizeof symbol);
  std::memcpy(&out, &symbol, sizeof symbol);
  return true;
}

char* next_match(const char*, int state) {
  static size_t next;
  if (state == 0) next = 0;
  return next < g_found.size() ? ::strdup(g_found[next++].c_str()) : nullptr;
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// libedit's words may hold several names ("xs.ma"): what stands before the last one is kept.
char** attempt(const char* text, int start, int end) {
  if (!g_complete || *g_calls.line == nullptr || start < 0 || end < start) return nullptr;
  std::string_view line(*g_calls.line);
  line = line.substr(0, static_cast<size_t>(end));
  size_t name = line.size();
  while (name > static_cast<size_t>(start) && in_name(line[name - 1])) name--;
  g_found = g_complete(line, name);
  const std::string kept(
      line.substr(static_cast<size_t>(start), name - static_cast<size_t>(start)));
  for (std::string& one : g_found) one.insert(0, kept);
  if (g_calls.append_character != nullptr) *g_calls.append_character = 0;
  return g_found.empty() ? nullptr : g_calls.matches(text, next_match);
}

bool load() {
  if (g_calls.read_line != nullptr) return true;
  void* library = ::dlopen(k_library, RTLD_NOW);
  if (library == nullptr) return false;
  Calls calls;
  if (!find(library, "readline", calls.read_line) ||
      !find(library, "add_history", calls.add_history) ||
      !find(library, "read_history", calls.read_history) ||
      !find(library, "write_history", calls.write_history) ||
      !find(library, "rl_completion_matches", calls.matches) ||
      !find(library, "rl_attempted_completion_function", calls.attempt) ||
      !find(library, "rl_line_buffer", calls.line)) {
    return false;
  }
  static_cast<void>(find(library, "rl_completion_append_character", calls.append_character));
  if (find(library, "rl_completer_word_break_characters", calls.break_characters)) {
    *calls.break_characters = " \t\n.,;:()[]{}<>=+-*/%!&|\"";
  }
  *calls.attempt = attempt;
  g_calls = calls;
  using Stifle = void (*)(int);
  Stifle stifle = nullptr;
  if (find(library, "stifle_history", stifle)) stifle(k_history_lines_max);
  return true;
}

void make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  }
}

}  // namespace

std::string default_history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/samara/history";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::string(home) + "/.local/state/samara/history";
}

LineEditor::LineEditor(std::string history_path, Complete complete)
    : history_path_(std::move(history_path)),
      interactive_(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && load()) {
  if (!interactive_) return;
  g_complete = std::move(complete);
  if (!history_path_.empty()) g_calls.read_history(history_path_.c_str());
}

LineEditor::~LineEditor() {
  if (!interactive_) return;
  g_complete = nullptr;
  if (history_path_.empty()) return;
  make_folders(history_path_);
  // Who cannot write there has a history for the time of the session.
  static_cast<void>(g_calls.write_history(history_path_.c_str()));
}

bool LineEditor::read(const std::string& prompt, std::string& line) {
  if (!interactive_) {
    if (::isatty(STDIN_FILENO) == 1) {
      static_cast<void>(!::write(STDOUT_FILENO, prompt.data(), prompt.size()));
    }
    return read_plain(line);
  }
  char* text = g_calls.read_line(prompt.c_str());
  if (text == nullptr) return false;
  line = text;
  std::free(text);
  return true;
}

bool LineEditor::read_plain(std::string& line) {
  for (;;) {
    const size_t end = buffer_.find('\n', at_);
    if (end != std::string::npos || ended_) {
      if (at_ >= buffer_.size()) return false;
      line = buffer_.substr(at_, std::min(end, buffer_.size()) - at_);
      at_ += line.size() + 1;
      return true;
    }
    buffer_.erase(0, at_);
    at_ = 0;
    char chunk[4096];
    const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) return false;
    if (count <= 0) {
      ended_ = true;
    } else {
      buffer_.append(chunk, static_cast<size_t>(count));
    }
  }
}

void LineEditor::remember(const std::string& entry) {
  if (!interactive_) return;
  // libedit keeps lines, and joined ones may mean something else.
  for (size_t at = 0; at < entry.size();) {
    const size_t end = std::min(entry.find('\n', at), entry.size());
    if (end > at) g_calls.add_history(entry.substr(at, end - at).c_str());
    at = end + 1;
  }
}

}  // namespace samara::cli
