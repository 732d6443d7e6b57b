#pragma once
// Child: a program that works for us until it is told to end, and ends when we do.
// Threads: one at a time.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace samara::port {

struct ChildOrder {
  std::string program;             // without a slash it is looked for as shells do
  std::vector<std::string> words;  // the arguments, without the program's own name
  /// Set in its environment, beside ours.
  std::vector<std::pair<std::string, std::string>> variables;
};

class Child {
 public:
  /// Its standard input is empty, its standard output ours to read, its standard error our own.
  /// It gets SIGTERM when the thread that started it ends. Errors: not_found, permission,
  /// exhausted.
  static Result<Child> start(const ChildOrder& order);
  Child(Child&& other) noexcept { swap(other); }
  Child& operator=(Child&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Kills it if it still runs.
  ~Child();

  pid_t pid() const { return pid_; }
  /// To be polled: readable when it has ended.
  int end_descriptor() const { return end_; }
  /// Its standard output; does not block.
  int output_descriptor() const { return output_; }
  void signal(int number) const;
  /// Tells it to end, and waits no more for it.
  void let_go();
  /// Waits for its end up to a time; true: it has ended.
  bool wait(std::chrono::milliseconds most);
  /// How it ended, for people: "exit code 3", "signal 9". Requires: wait() gave true.
  const std::string& how() const { return how_; }
  /// Reads its output until a line is `word`; lines before it are dropped. False: it ended, or the
  /// time has passed.
  bool await_line(std::string_view word, std::chrono::milliseconds most);

 private:
  Child() = default;
  void swap(Child& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(end_, other.end_);
    std::swap(output_, other.output_);
    std::swap(how_, other.how_);
    std::swap(text_, other.text_);
  }

  pid_t pid_ = -1;
  int end_ = -1;
  int output_ = -1;
  std::string how_;
  std::string text_;  // of its output, not yet a line
};

}  // namespace samara::port
