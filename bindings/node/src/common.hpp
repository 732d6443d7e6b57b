#pragma once
// What the files of the addon share. A State belongs to one environment of Node, which means to one
// thread of JavaScript; everything that takes a State or a napi_value runs on that thread.

#include <node_api.h>
#include <samara/samara.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace samara::node {

/// Bytes of the library.
struct LibraryBytes {
  samara_bytes raw{};
  LibraryBytes() = default;
  LibraryBytes(LibraryBytes&& other) noexcept : raw(std::exchange(other.raw, samara_bytes{})) {}
  LibraryBytes& operator=(LibraryBytes&& other) noexcept {
    std::swap(raw, other.raw);
    return *this;
  }
  LibraryBytes(const LibraryBytes&) = delete;
  LibraryBytes& operator=(const LibraryBytes&) = delete;
  ~LibraryBytes() { samara_bytes_free(&raw); }
  samara_view view() const { return {raw.data, raw.size}; }
  std::string_view text() const {
    return raw.data == nullptr
               ? std::string_view{}
               : std::string_view(reinterpret_cast<const char*>(raw.data), raw.size);
  }
};

inline samara_view view_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// One East type; equal types are the same object, which lives as long as its State.
struct Info {
  const samara_type* type = nullptr;
  uint32_t id = 0;  // what JavaScript calls it
  int32_t kind = 0;
  uint32_t count = 0;
  std::vector<Info*> parts;  // filled when first asked for: types may be recursive
  std::vector<std::string> names;
  std::string text;
  bool option = false;        // Variant {none: Null, some}
  bool option_plain = false;  // … and `some` never looks like null in JavaScript
  // Of the type as that of a whole value, filled when first asked for:
  bool surveyed = false;
  bool identity = false;         // two containers may be the same one
  std::vector<Info*> with_keys;  // structs and variants in it
  // Names as JavaScript strings, while a conversion goes on.
  std::vector<napi_value> keys;
};

/// What the package tells the addon when it loads it.
enum class Given : uint32_t {
  make_error,  // (code, message) → error
  some,
  ref,
  matrix,
  key_list,
  flatten,   // (set or map) → array of keys, or of keys and values in turn
  new_set,   // (array of keys) → Set or KeyList
  new_map,   // (array of keys and values in turn) → Map or KeyList
  met_get,   // (map, key) → number or undefined
  met_set,   // (map, key, number)
  new_met,   // () → map
  outcome,   // (outcome, message, call, name, said, locations) → error of a call
  invoke,    // (function, arguments, sync, crossing): a platform function of a repository
  dispatch,  // (array of requests): of a worker
  count
};

struct ValuesHolder {
  samara_values* raw = samara_values_new();
  ValuesHolder() = default;
  ValuesHolder(const ValuesHolder&) = delete;
  ValuesHolder& operator=(const ValuesHolder&) = delete;
  ~ValuesHolder() { samara_values_free(raw); }
};

class Loop;
class Pool;
class Worker;
struct State {
  napi_env env = nullptr;
  std::shared_ptr<ValuesHolder> holder = std::make_shared<ValuesHolder>();
  samara_values* values = holder->raw;
  std::vector<std::unique_ptr<Info>> types;
  std::unordered_map<const samara_type*, Info*> by_type;
  std::unordered_map<std::string, Info*> by_text;
  napi_ref given[static_cast<size_t>(Given::count)] = {};
  napi_ref set_class = nullptr;
  napi_ref map_class = nullptr;
  std::shared_ptr<Loop> loop;
  std::shared_ptr<Pool> pool;
  std::shared_ptr<Worker> worker;
};
State& state_of(napi_env env);

/// Work that other threads give to the thread of JavaScript, done in batches.
class Loop {
 public:
  using Work = std::function<void(State&)>;
  /// Threads: any. Dropped where the environment is gone.
  void post(Work work);
  /// Work that is also done while the thread of JavaScript waits in `wait_until`.
  void post_urgent(Work work);
  /// Does urgent work until `done` says so, which is asked after each `wake`.
  void wait_until(State& state, const std::function<bool()>& done);
  void wake();
  /// How much keeps the process alive. Thread: that of JavaScript.
  void hold(State& state);
  void release(State& state);

 private:
  friend bool start_loop(State& state);
  struct Inner;
  std::shared_ptr<Inner> inner_;
};
bool start_loop(State& state);

// --- errors: each sets a pending exception and returns false or null
napi_value throw_code(State& state, int32_t code, std::string_view message);
bool mismatch(State& state, std::string_view message);
napi_value values_error(State& state, int32_t code);
bool exception_pending(State& state);
/// Takes the pending exception away.
napi_value take_exception(State& state);

// --- small conversions
napi_value given(State& state, Given what);
napi_value call_given(State& state, Given what, std::initializer_list<napi_value> arguments);
napi_value text_value(State& state, std::string_view text);
napi_value number_value(State& state, double number);
napi_value null_value(State& state);
napi_value bool_value(State& state, bool value);
/// Reads a string; false (without an exception) where it is none.
bool read_text(State& state, napi_value value, std::string& out);
bool is_missing(State& state, napi_value value);
napi_value hash_value(State& state, const samara_hash& hash);
bool read_hash(State& state, napi_value value, samara_hash& out);

/// Arguments of a function of the addon.
struct Call {
  State& state;
  std::vector<napi_value> arguments;
  napi_value operator[](size_t index) const { return arguments[index]; }
  size_t size() const { return arguments.size(); }
  std::string text(size_t index) const;
  /// Null where the argument is null or undefined.
  const char* text_or_null(size_t index, std::string& storage) const;
  double number(size_t index) const;
  bool flag(size_t index) const;
  bool missing(size_t index) const;
  /// An array of strings.
  std::vector<std::string> texts(size_t index) const;
};
using Function = napi_value (*)(Call& call);
struct Entry {
  const char* name;
  Function function;
};
void add_functions(napi_env env, napi_value exports, const Entry* entries, size_t count);

// --- types
Info* info_of(State& state, const samara_type* type);
Info* part_of(State& state, Info* type, uint32_t index);
/// From East text. Null with an exception.
Info* parse_info(State& state, const std::string& text);
Info* info_argument(Call& call, size_t index);
/// Text of a type for messages: its name, or the whole where it is short.
std::string type_words(const Info* type);
/// Finds out what the type has inside.
void survey(State& state, Info* type);
void add_types(napi_env env, napi_value exports);

/// Makes the names in a type ready for one conversion.
class Keys {
 public:
  Keys(State& state, Info* root);
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  ~Keys();

 private:
  Info* root_;
  std::vector<std::vector<napi_value>> saved_;  // of a conversion that this one is inside of
};

// --- values
/// As beast2. False with an exception.
bool encode_bytes(State& state, napi_value object, Info* type, LibraryBytes& out);
/// Numbers in a typed array that a value of the type can take as they are; they are the caller's.
bool packed_argument(State& state, napi_value object, Info* type, samara_packed& out);
/// Bytes of a Uint8Array, ArrayBuffer, DataView. False without an exception for others.
bool read_bytes(State& state, napi_value object, samara_view& out);
/// A value out of beast2. Null with an exception.
napi_value decode_bytes(State& state, samara_view bytes, Info* expected);
/// Of an object that is mapped, without a copy where that can be.
napi_value decode_mapped(State& state, const std::shared_ptr<samara_mapped>& mapped,
                         Info* expected);

// --- repositories, calls and workers
void add_repository(napi_env env, napi_value exports);
void add_worker(napi_env env, napi_value exports);
void add_values(napi_env env, napi_value exports);
/// Ends what runs on threads of the environment.
void stop_pool(State& state);
void stop_worker(State& state);
/// A request of this worker by its number, for calls inside of it; null: there is none.
samara_request* request_of(State& state, double number);

}  // namespace samara::node
