#pragma once
// LiveLog: what a running function prints, shown as it comes: to standard error, because standard
// output is for the result; with --json as lines of their own. Threads: the one that runs.

#include "apps/samara/context.hpp"
#include "call/log.hpp"

namespace samara::cli {

class LiveLog final : public LogSink {
 public:
  explicit LiveLog(Context& context) : context_(context) {}
  void write(LogStream stream, std::string_view text) override {
    if (context_.json()) {
      JsonLine line("log");
      line.text("stream", stream_word(stream)).text("text", text);
      context_.out().line(std::move(line).done());
      static_cast<void>(context_.out().flush());
    } else {
      context_.err().write(text);
      static_cast<void>(context_.err().flush());
    }
  }

 private:
  Context& context_;
};

}  // namespace samara::cli
