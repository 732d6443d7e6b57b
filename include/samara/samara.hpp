// Samara's C++ interface: a thin, header-only cover of samara.h. Nothing is thrown; each method
// returns an Answer that holds either a value or a code and a message.
//
// Threads: as samara.h. Needs C++17.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "samara/samara.h"

namespace samara::api {

/// The value of a call, or why there is none.
template <typename T>
struct Answer {
  T value{};
  int32_t code = SAMARA_OK;
  std::string error;
  explicit operator bool() const { return code == SAMARA_OK; }
  T& operator*() { return value; }
  T* operator->() { return &value; }
};
struct Done {};

struct Hash {
  samara_hash raw{};
  std::string text() const {
    char out[65];
    samara_hash_text(&raw, out);
    return out;
  }
  bool operator==(const Hash& other) const {
    return std::memcmp(raw.bytes, other.raw.bytes, sizeof raw.bytes) == 0;
  }
  bool operator!=(const Hash& other) const { return !(*this == other); }
};

enum class Format : int32_t { beast2 = SAMARA_BEAST2, text = SAMARA_TEXT, json = SAMARA_JSON };

/// Bytes or text that a caller has. Refers to it.
inline samara_view view(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

/// One argument of a call. Refers to what it was made from.
struct Argument {
  Argument(const Hash& id) : raw{&id.raw, {nullptr, 0}} {}
  Argument(std::string_view beast2) : raw{nullptr, view(beast2)} {}
  samara_argument raw;
};

struct CallOptions {
  bool no_memo = false;
  bool sync = false;
  uint64_t wall_ms_max = 0;
  uint64_t memory_bytes_max = 0;
  uint64_t steps_max = 0;
  std::string name;
};

struct CallResult {
  int32_t outcome = SAMARA_OUTCOME_LOST;
  bool from_memo = false;
  Hash call;
  Hash value_id;
  std::string value;  // beast2
  std::string message;
  std::string reason;
  uint64_t wall_ns = 0;
  uint64_t steps = 0;
  uint64_t peak_memory_bytes = 0;
  bool is_value() const { return outcome == SAMARA_OUTCOME_VALUE; }
};

class Repository {
 public:
  static Answer<Repository> init(const std::string& path) { return open_by(samara_init, path); }
  static Answer<Repository> open(const std::string& path) { return open_by(samara_open, path); }

  Answer<Done> grant(const std::string& capability) {
    return done(samara_grant(raw(), capability.c_str()));
  }
  Answer<Done> add_platform(samara_platform_function function) {
    function.struct_size = sizeof function;
    return done(samara_register(raw(), &function));
  }

  /// An empty `type`: none is given.
  Answer<Hash> put(Format format, std::string_view value, const std::string& type = {}) {
    Answer<Hash> out;
    int32_t code =
        samara_put(raw(), static_cast<int32_t>(format), view(value), given(type), &out->raw);
    return finish(std::move(out), code);
  }
  Answer<std::string> get(const Hash& id, Format format) {
    return taken([&](samara_bytes* out) {
      return samara_get(raw(), &id.raw, static_cast<int32_t>(format), out);
    });
  }
  Answer<std::string> type_of(const Hash& id) {
    return taken([&](samara_bytes* out) { return samara_type_of(raw(), &id.raw, out); });
  }
  Answer<std::string> convert(Format from, std::string_view value, Format to,
                              const std::string& type = {}) {
    return taken([&](samara_bytes* out) {
      return samara_convert(raw(), static_cast<int32_t>(from), view(value), given(type),
                            static_cast<int32_t>(to), out);
    });
  }

  Answer<Hash> resolve(const std::string& text) {
    Answer<Hash> out;
    int32_t code = samara_resolve(raw(), text.c_str(), &out->raw);
    return finish(std::move(out), code);
  }
  Answer<Done> set_ref(const std::string& name, const Hash& target) {
    return done(samara_ref_set(raw(), name.c_str(), &target.raw));
  }
  Answer<Done> remove_ref(const std::string& name) {
    return done(samara_ref_remove(raw(), name.c_str()));
  }

  Answer<Hash> add_function(std::string_view program, const std::string& name = {}) {
    Answer<Hash> out;
    int32_t code = samara_add_function(raw(), view(program), given(name), &out->raw);
    return finish(std::move(out), code);
  }
  Answer<CallResult> call(const Hash& function, const std::vector<Argument>& arguments,
                          const CallOptions& options = {}) {
    std::vector<samara_argument> given_arguments;
    for (const Argument& argument : arguments) given_arguments.push_back(argument.raw);
    samara_call_options chosen{};
    chosen.struct_size = sizeof chosen;
    chosen.no_memo = options.no_memo ? 1 : 0;
    chosen.sync = options.sync ? 1 : 0;
    chosen.wall_ms_max = options.wall_ms_max;
    chosen.memory_bytes_max = options.memory_bytes_max;
    chosen.steps_max = options.steps_max;
    chosen.name = given(options.name);
    samara_result result{};
    int32_t code = samara_call(raw(), &function.raw, given_arguments.data(), given_arguments.size(),
                               &chosen, &result);
    Answer<CallResult> out;
    if (code == SAMARA_OK) {
      out->outcome = result.outcome;
      out->from_memo = result.from_memo != 0;
      out->call.raw = result.call;
      out->value_id.raw = result.value_id;
      out->value = text_of(result.value);
      out->message = text_of(result.message);
      out->reason = text_of(result.reason);
      out->wall_ns = result.wall_ns;
      out->steps = result.steps;
      out->peak_memory_bytes = result.peak_memory_bytes;
    }
    samara_result_free(&result);
    return finish(std::move(out), code);
  }
  void cancel() { samara_cancel(raw()); }
  Answer<std::string> why(const Hash& call) {
    return taken([&](samara_bytes* out) { return samara_why(raw(), &call.raw, out); });
  }

  /// For what this cover does not have.
  samara_repository* raw() const { return handle_.get(); }

  Repository() = default;

 private:
  struct Closer {
    void operator()(samara_repository* repository) const { samara_close(repository); }
  };

  template <typename F>
  static Answer<Repository> open_by(F open, const std::string& path) {
    Answer<Repository> out;
    samara_repository* handle = nullptr;
    out.code = open(path.c_str(), &handle);
    out->handle_.reset(handle);
    if (out.code != SAMARA_OK) out.error = samara_error(handle);
    return out;
  }
  static const char* given(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  }
  static std::string text_of(const samara_bytes& bytes) {
    if (bytes.size == 0) return {};
    return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
  }
  template <typename T>
  Answer<T> finish(Answer<T> answer, int32_t code) const {
    answer.code = code;
    if (code != SAMARA_OK) answer.error = samara_error(raw());
    return answer;
  }
  Answer<Done> done(int32_t code) const { return finish(Answer<Done>{}, code); }
  template <typename F>
  Answer<std::string> taken(F call) const {
    samara_bytes bytes{};
    int32_t code = call(&bytes);
    Answer<std::string> out;
    out.value = text_of(bytes);
    samara_bytes_free(&bytes);
    return finish(std::move(out), code);
  }

  std::unique_ptr<samara_repository, Closer> handle_;
};

}  // namespace samara::api
