#define PCRE2_CODE_UNIT_WIDTH 8
#include "eval/regex.hpp"

#include <pcre2.h>

#include <functional>

namespace samara::eval {
namespace {

/// Compiling to machine code costs some ten microseconds: done once this many bytes were searched.
constexpr size_t k_jit_after_bytes = 4096;
/// Matches of longer texts may leave the interpreter's memory large; it is given back then.
constexpr size_t k_keep_scratch_bytes = 16 << 10;
constexpr size_t k_cache_size = 32;

std::string error_text(int code) {
  PCRE2_UCHAR buffer[256];
  int size = pcre2_get_error_message(code, buffer, sizeof buffer);
  if (size < 0) return "error " + std::to_string(code);
  return std::string(reinterpret_cast<const char*>(buffer), static_cast<size_t>(size));
}

/// What matches of one thread share.
struct Engine {
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = nullptr;  // made with the first machine code

  Engine() {
    SAMARA_ASSERT(context != nullptr);
    pcre2_set_heap_limit(context, static_cast<uint32_t>(k_match_bytes_max >> 10));
  }
  ~Engine() {
    if (stack != nullptr) pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// False: no memory for it; matches are interpreted then.
  bool provide_stack() {
    if (stack == nullptr) {
      stack = pcre2_jit_stack_create(size_t{32} << 10, k_match_bytes_max / 2, nullptr);
      if (stack == nullptr) return false;
      pcre2_jit_stack_assign(context, nullptr, stack);
    }
    return true;
  }
};

Engine& engine() {
  thread_local Engine instance;
  return instance;
}

}  // namespace

struct Regex::Compiled {
  pcre2_code* code = nullptr;
  pcre2_match_data* data = nullptr;
  size_t searched_bytes = 0;
  bool jit_tried = false;
  bool jit = false;

  ~Compiled() {
    pcre2_match_data_free(data);
    pcre2_code_free(code);
  }
  void renew_data() {
    pcre2_match_data_free(data);
    data = pcre2_match_data_create_from_pattern(code, nullptr);
    SAMARA_ASSERT(data != nullptr);
  }
};

Regex::Regex(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<Regex>> Regex::compile(std::string_view pattern, RegexFlags flags) {
  SAMARA_TRY(TranslatedRegex translated, translate_regex(pattern, flags));
  int code = 0;
  PCRE2_SIZE offset = 0;
  auto compiled = std::make_unique<Compiled>();
  // A group which took no part is the empty text in a reference, as in ECMAScript.
  constexpr uint32_t k_options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOTALL |
                                 PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
  compiled->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.pattern.data()),
                                 translated.pattern.size(), k_options, &code, &offset, nullptr);
  if (compiled->code == nullptr) return Error(Code::invalid_argument, error_text(code));
  compiled->renew_data();
  std::unique_ptr<Regex> regex(new Regex(std::move(compiled)));
  regex->group_count_ = translated.group_count;
  regex->names_ = std::move(translated.names);
  return regex;
}

/// One call of match: one or more of PCRE2, each with fewer steps for each attempt.
struct Regex::Search {
  MatchWatch& watch;
  uint32_t steps_max = watch.attempt_steps_max();
  uint64_t attempts = k_first_attempts;  // of this stage
  uint64_t attempts_left = attempts;
  size_t next_start = 0;  // when the attempts were used up

  static constexpr int k_go_on = 0;
  // Negative results of a callout end the match; these two are not PCRE2's own.
  static constexpr int k_stopped = -1001;
  static constexpr int k_used_up = -1002;

  static int on_attempt(pcre2_callout_block* block, void* search) {
    return static_cast<Search*>(search)->attempt(block->start_match);
  }
  int attempt(size_t start) {
    if (attempts_left == 0) {
      next_start = start;
      return k_used_up;
    }
    attempts_left--;
    return watch.go_on() ? k_go_on : k_stopped;
  }
  void next_stage() {
    steps_max /= 10;
    attempts *= 10;
    attempts_left = steps_max > k_attempt_steps_min ? attempts : UINT64_MAX;
  }
};

MatchStatus Regex::match(std::string_view text, size_t start, MatchWatch& watch) {
  Engine& shared = engine();
  Compiled& own = *compiled_;
  own.searched_bytes += text.size() - start + 64;
  if (!own.jit_tried && own.searched_bytes > k_jit_after_bytes) {
    own.jit_tried = true;
    own.jit = pcre2_jit_compile(own.code, PCRE2_JIT_COMPLETE) == 0 && shared.provide_stack();
  }
  Search search{watch};
  pcre2_set_callout(shared.context, Search::on_attempt, &search);
  bool interpreted = !own.jit;
  for (;;) {
    pcre2_set_match_limit(shared.context, search.steps_max);
    uint32_t options = PCRE2_NO_UTF_CHECK | (interpreted ? PCRE2_NO_JIT : 0);
    int result = pcre2_match(own.code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                             start, options, own.data, shared.context);
    if (result >= 0) return MatchStatus::found;
    if (result == Search::k_used_up) {
      search.next_stage();
      start = search.next_start;
      continue;
    }
    if (result == PCRE2_ERROR_JIT_STACKLIMIT && !interpreted) {
      interpreted = true;  // which may use more memory
      continue;
    }
    if (interpreted && text.size() > k_keep_scratch_bytes) own.renew_data();
    if (result == PCRE2_ERROR_NOMATCH) return MatchStatus::none;
    // Otherwise a limit: of steps, depth, heap or stack, or no memory.
    return result == Search::k_stopped ? MatchStatus::stopped : MatchStatus::limit;
  }
}

Regex::Span Regex::group(uint32_t i) const {
  if (i >= pcre2_get_ovector_count(compiled_->data)) return {};
  const PCRE2_SIZE* places = pcre2_get_ovector_pointer(compiled_->data);
  if (places[2 * i] == PCRE2_UNSET) return {};
  return {places[2 * i], places[2 * i + 1]};
}

Result<Regex*> recent_regex(std::string_view pattern, std::string_view flags) {
  struct Entry {
    size_t hash = 0;
    uint64_t last_use = 0;
    std::string pattern;
    RegexFlags flags;
    std::unique_ptr<Regex> regex;
  };
  struct Cache {
    std::vector<Entry> entries;
    uint64_t uses = 0;
  };
  thread_local Cache cache;

  SAMARA_TRY(RegexFlags parsed, parse_regex_flags(flags));
  size_t hash = std::hash<std::string_view>{}(pattern);
  cache.uses++;
  Entry* oldest = nullptr;
  for (Entry& entry : cache.entries) {
    if (entry.hash == hash && entry.flags == parsed && entry.pattern == pattern) {
      entry.last_use = cache.uses;
      return entry.regex.get();
    }
    if (oldest == nullptr || entry.last_use < oldest->last_use) oldest = &entry;
  }
  SAMARA_TRY(std::unique_ptr<Regex> regex, Regex::compile(pattern, parsed));
  if (cache.entries.size() < k_cache_size) oldest = &cache.entries.emplace_back();
  *oldest = Entry{hash, cache.uses, std::string(pattern), parsed, std::move(regex)};
  return oldest->regex.get();
}

}  // namespace samara::eval
