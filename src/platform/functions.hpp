#pragma once
// How a group of standard functions registers itself. Threads: one.

#include <memory>

#include "platform/standard.hpp"

namespace samara::platform {

class Registrar {
 public:
  Registrar(TypeTable& type_table, eval::PlatformRegistry& registry)
      : types(type_table), registry_(registry) {}
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  TypeTable& types;
  /// For the functions added from now on.
  eval::Effect effect = eval::Effect::effectful;
  std::string capability;
  bool is_async = false;

  void add(std::string_view name, std::vector<const Type*> inputs, const Type* output,
           eval::PlatformCall call);
  /// The first registration that failed.
  Result<void> finish() { return std::move(result_); }

 private:
  eval::PlatformRegistry& registry_;
  Result<void> result_;
};

void add_console(Registrar& registrar);
void add_path(Registrar& registrar, const StandardParts& parts);
void add_files(Registrar& registrar, const StandardParts& parts);
void add_crypto(Registrar& registrar, const StandardParts& parts);
void add_time(Registrar& registrar, const StandardParts& parts);
void add_random(Registrar& registrar, const StandardParts& parts);
void add_fetch(Registrar& registrar, const StandardParts& parts);

/// As the path functions: `.` and `..` resolved, slashes merged. Shape: `path` absolute.
std::string normal_absolute_path(std::string_view path);
std::string resolve_path(std::string_view working_directory, std::string_view path);

/// Text of unknown origin: bytes that are no UTF-8 become U+FFFD.
std::string as_valid_text(ByteView bytes);

/// Minutes east of UTC in a time zone at an instant. Errors: not_found (unknown zone), corrupt.
Result<int64_t> timezone_offset_minutes(port::Files& files, std::string_view zone,
                                        int64_t epoch_ms);

}  // namespace samara::platform
