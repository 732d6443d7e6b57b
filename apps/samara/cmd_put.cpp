// samara put: stores values, or plain bytes.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/value_io.hpp"
#include "call/type_name.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

struct Stored {
  Hash id;
  const Type* type = nullptr;  // null: plain bytes
  uint64_t bytes = 0;
};

constexpr size_t k_chunk_bytes = size_t{1} << 20;

// Bytes of any length in constant memory.
Result<Stored> copy_raw(Context& context, int descriptor, const std::string& shown) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  SAMARA_TRY(auto writer, repository->objects().writer(store::Durability::synced));
  Progress progress(context);
  Bytes chunk(k_chunk_bytes);
  Stored stored;
  for (;;) {
    ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return port::os_error(errno).with_context("cannot read " + shown);
    if (got == 0) break;
    SAMARA_CHECK(writer->update({chunk.data(), static_cast<size_t>(got)}));
    stored.bytes += static_cast<uint64_t>(got);
    if (progress.due()) progress.show("put " + shown + ": " + bytes_text(stored.bytes));
  }
  SAMARA_TRY(stored.id, writer->commit());
  return stored;
}

Result<Stored> put_raw(Context& context, std::string_view path) {
  if (path == "-") return copy_raw(context, STDIN_FILENO, "standard input");
  std::string shown = "'" + std::string(path) + "'";
  int descriptor = ::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return port::os_error(errno).with_context("cannot open " + shown);
  auto stored = copy_raw(context, descriptor, shown);
  ::close(descriptor);
  return stored;
}

Result<Stored> put_value(Context& context, std::string_view path, const ReadOptions& options) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(InputBytes input, read_input(context, path));
  Heap heap;
  SAMARA_TRY(auto loaded, read_value(context, path, input.bytes(), options, heap));
  SAMARA_TRY(auto stored, engine->values().put(loaded.value.type, loaded.value.value,
                                               store::Durability::synced, loaded.functions.get()));
  return Stored{stored.id, stored.type, stored.size_bytes};
}

Result<ReadOptions> read_options(Context& context, const Arguments& arguments) {
  ReadOptions options;
  if (auto word = arguments.value("from")) {
    auto format = parse_format(*word);
    if (!format) return context.misuse(format.error().message());
    options.format = *format;
  }
  if (auto text = arguments.value("type")) {
    SAMARA_TRY(options.type, parse_type_argument(context, *text));
  }
  return options;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  auto ref = arguments.value("name");
  if (ref && arguments.positionals().size() > 1) {
    return context.misuse("--name names one object, but there are several files");
  }
  bool raw = arguments.flag("raw");
  if (raw && (arguments.flag("from") || arguments.flag("type"))) {
    return context.misuse("--raw stores bytes as they are, so it has no --from and no --type");
  }
  SAMARA_TRY(ReadOptions options, read_options(context, arguments));
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  size_t stored_count = 0;
  Exit failure = Exit::done;
  for (std::string_view path : arguments.positionals()) {
    auto put = [&] { return raw ? put_raw(context, path) : put_value(context, path, options); };
    auto stored = put();
    for (int round = 0; stored && ref; round++) {
      auto named = repository->refs().set(*ref, stored->id, store::RefCondition::any());
      if (named) break;
      // A collector without grace may take what has no name yet; standard input is gone by then.
      const bool taken =
          named.error().code == Code::not_found || named.error().code == Code::conflict;
      const bool again = taken && path != "-" && round < 16;
      stored = again ? put() : Result<Stored>(std::move(named).error());
    }
    if (!stored) {
      if (arguments.positionals().size() == 1) return std::move(stored).error();
      failure = context.report(stored.error());
      continue;
    }
    stored_count++;
    if (!context.json()) {
      context.out().line(stored->id.hex());
      continue;
    }
    JsonLine line("object");
    line.text("id", stored->id.hex()).text("source", path).number("bytes", stored->bytes);
    if (stored->type != nullptr) line.text("east_type", type_name(stored->type, 4000));
    if (ref) line.text("ref", *ref);
    context.out().line(std::move(line).done());
  }
  if (failure == Exit::done) return Exit::done;
  return stored_count == 0 ? failure : Exit::partly;
}

constexpr PositionalSpec k_positionals[] = {
    {"FILE", "a value in any format; - is standard input", Completes::file, true, true},
};
constexpr OptionSpec k_options[] = {
    {"name", 'n', "NAME", "also name the object: sets the ref NAME", Completes::ref},
    {"from", 0, "FORMAT", "beast2, beast1, json, east or csv; default: as it looks",
     Completes::format},
    {"type", 't', "TYPE", "of JSON, East text or CSV: East text of a type, or @FILE"},
    {"raw", 0, "", "store the bytes of the file as they are, of any size"},
};

}  // namespace

constinit const Command k_put = {
    .group = "",
    .name = "put",
    .summary = "store values and print their ids",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "Equal values have one id, whatever format they come in.",
    .example = "samara put sales.csv --name sales",
    .run = run,
};

}  // namespace samara::cli
