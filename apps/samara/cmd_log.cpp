// samara log: what a function printed, or prints.

#include "apps/samara/commands.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/units.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

constexpr auto k_look_pause = std::chrono::milliseconds(50);

Result<const engine::Attempt*> choose(Context& context, const Arguments& arguments,
                                      const std::vector<engine::Attempt>& attempts) {
  auto text = arguments.value("attempt");
  if (attempts.empty()) return Error(Code::not_found, "the call has no attempt that can be read");
  if (!text) return &attempts.back();
  auto number = parse_count(*text);
  if (!number) {
    return context.misuse("option '--attempt' expects a number, got '" + std::string(*text) + "'");
  }
  for (const engine::Attempt& attempt : attempts) {
    if (attempt.record.attempt == static_cast<int64_t>(*number)) return &attempt;
  }
  return context.fail(Code::not_found, "the call has no attempt " + std::string(*text),
                      "samara call show " + std::string(arguments.positional(0)));
}

void print(Context& context, LogStream stream, std::string_view text) {
  if (context.json()) {
    JsonLine line("log");
    line.text("stream", stream_word(stream)).text("text", text);
    context.out().line(std::move(line).done());
  } else {
    (stream == LogStream::out ? context.out() : context.err()).write(text);
  }
}

// What the log of a run that failed leads to.
void print_end(Context& context, const std::optional<Outcome>& outcome) {
  const bool failed = outcome && !outcome->is_value();
  if (failed && context.json()) {
    context.out().line(JsonLine("outcome")
                           .text("outcome", outcome_name(outcome->kind))
                           .text("message", outcome->message)
                           .done());
  } else if (failed) {
    context.err().write("ended with " + outcome_text(*outcome) + "\n");
  }
  static_cast<void>(context.err().flush());
}

void print_record(Context& context, std::span<const LogEntry> entries, uint64_t bytes_dropped,
                  const std::optional<Outcome>& outcome) {
  for (const LogEntry& entry : entries) print(context, entry.stream, entry.text);
  print_end(context, outcome);
  if (bytes_dropped > 0) context.warn(bytes_text(bytes_dropped) + " of the log were not kept");
  if (entries.empty()) context.note("it printed nothing");
}

// A named run has a log of its own: the records of its call may be forgotten.
Result<Exit> print_run(Context& context, const NamedRun& run) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  std::vector<LogEntry> entries;
  if (run.record.log) {
    SAMARA_TRY(Bytes bytes, engine->repository().objects().get(*run.record.log));
    SAMARA_TRY(entries, decode_log(bytes, engine->record_types()));
  }
  print_record(context, entries, 0, run.record.outcome);
  return Exit::done;
}

// The call of a named run that goes on.
std::optional<store::CallKey> running_call(engine::Engine& engine, std::string_view name) {
  store::LiveLogs* live = engine.repository().live_logs();
  auto names = live->names();
  if (!names) return std::nullopt;
  for (const store::LiveName& held : *names) {
    const size_t space = held.text.find(' ');
    if (held.name != name || space == std::string::npos) continue;
    auto function = Hash::parse(std::string_view(held.text).substr(0, space));
    auto call = Hash::parse(std::string_view(held.text).substr(space + 1));
    if (function && call) return store::CallKey{*function, *call};
  }
  return std::nullopt;
}

// Shows what an attempt prints until it has ended.
class Follower {
 public:
  Follower(Context& context, engine::Engine& engine, const store::CallKey& key)
      : context_(context), engine_(engine), key_(key) {}

  /// `name`: of a run that holds it and may not have begun yet; empty: the call has a record.
  Result<Exit> follow(std::string_view name) {
    Context::catch_interrupts();
    while (!Context::cancel_flag().load()) {
      // Once nobody holds the name the record is there.
      const bool begun = name.empty() || !running_call(engine_, name);
      SAMARA_TRY(auto attempts, engine_.attempts(key_));
      const engine::Attempt* attempt = pick(attempts, begun);
      if (attempt == nullptr && begun) {
        return Error(Code::not_found, "the call has no attempt that can be read");
      }
      if (attempt != nullptr) {
        // What was printed before the record became final is in the file by then.
        SAMARA_CHECK(show_news(*attempt));
        if (!attempt->running) return finish(*attempt);
      }
      context_.clock().sleep_until(context_.clock().now() + k_look_pause);
    }
    return Exit::interrupted;
  }

 private:
  const engine::Attempt* pick(const std::vector<engine::Attempt>& attempts, bool begun) {
    if (id_) {
      for (const engine::Attempt& attempt : attempts) {
        if (attempt.record.id == *id_) return &attempt;
      }
      return nullptr;
    }
    // One that has just been asked for: older attempts are not the one.
    if (attempts.empty() || (!begun && !attempts.back().running)) return nullptr;
    id_ = attempts.back().record.id;
    return &attempts.back();
  }

  Result<void> show_news(const engine::Attempt& attempt) {
    if (!reader_) {
      store::LiveLogs* live = engine_.repository().live_logs();
      SAMARA_ASSERT(live != nullptr);
      SAMARA_TRY(reader_, live->reader(attempt.record.id.text()));
    }
    if (!reader_) return {};
    SAMARA_TRY(auto pieces, reader_->next());
    for (const store::LivePiece& piece : pieces) {
      print(context_, piece.stream == store::LiveStream::out ? LogStream::out : LogStream::err,
            piece.text);
    }
    SAMARA_CHECK(context_.out().flush());
    static_cast<void>(context_.err().flush());
    return {};
  }

  Result<Exit> finish(const engine::Attempt& attempt) {
    if (!reader_) {
      SAMARA_TRY(auto entries, engine_.log(attempt.record));
      print_record(context_, entries, attempt.record.log.bytes_dropped, attempt.record.outcome);
    } else {
      print_end(context_, attempt.record.outcome);
    }
    return Exit::done;
  }

  Context& context_;
  engine::Engine& engine_;
  store::CallKey key_;
  std::optional<Uuid> id_;
  std::optional<store::LiveLogReader> reader_;
};

Result<Exit> run(Context& context, const Arguments& arguments) {
  const std::string_view word = arguments.positional(0);
  const bool follow = arguments.flag("follow");
  if (follow && arguments.flag("attempt")) {
    return context.misuse("--follow is for the attempt that runs now, without --attempt");
  }
  SAMARA_TRY(engine::Engine * engine, context.engine());
  if (follow) {
    if (auto key = running_call(*engine, word)) {
      return Follower(context, *engine, *key).follow(word);
    }
  }
  if (auto path = run_path(context, word); path && (path->part.empty() || path->part == "log")) {
    SAMARA_TRY(NamedRun run, load_run(context, path->run));
    return print_run(context, run);
  }
  SAMARA_TRY(store::CallKey key, call_named(context, word));
  if (follow) return Follower(context, *engine, key).follow({});
  SAMARA_TRY(auto attempts, engine->attempts(key));
  SAMARA_TRY(const engine::Attempt* attempt, choose(context, arguments, attempts));
  SAMARA_TRY(auto entries, engine->log(attempt->record));
  print_record(context, entries, attempt->record.log.bytes_dropped, attempt->record.outcome);
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"CALL", "id of a call, or its beginning; or a named run", Completes::call},
};
constexpr OptionSpec k_options[] = {
    {"follow", 'f', "", "go on until the call ends, showing what it prints as it comes"},
    {"attempt", 0, "N", "of this attempt; default: the latest"},
};

}  // namespace

constinit const Command k_log = {
    .group = "",
    .name = "log",
    .summary = "print what a call has printed",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "What went to standard error goes there again, and how the run failed.",
    .example = "samara log -f forecast",
    .run = run,
};

}  // namespace samara::cli
