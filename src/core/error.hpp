#pragma once
// The operating error of the system: a code callers act on, a detail number, and text for people.
// Errors of the programs we run are not Errors but Outcomes (call/outcome.hpp). Threads: a value
// type.

#include <cstdint>
#include <string>
#include <string_view>

namespace samara {

enum class Code : uint16_t {
#define SAMARA_CODE(name, number, sentence, retryable) name = number,
#include "core/codes.def"
#undef SAMARA_CODE
};

/// The code's name in the table, for logs and JSON.
std::string_view code_name(Code code);
/// The code's sentence, for people.
std::string_view code_sentence(Code code);
/// Whether the same request may succeed later without a change.
bool code_retryable(Code code);

/// Text of an error: nothing, a literal, or an owned copy. Move-only, one pointer wide.
class Note {
 public:
  Note() = default;
  /// Owns: a copy of `text`.
  explicit Note(std::string_view text);
  Note(Note&& other) noexcept : text_(other.text_) { other.text_ = nullptr; }
  Note& operator=(Note&& other) noexcept;
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note();
  std::string_view view() const { return text_ == nullptr ? std::string_view{} : text_; }

 private:
  char* text_ = nullptr;
};

struct [[nodiscard]] Error {
  Code code{};
  uint16_t domain = 0;  // gives `detail` a meaning; see the constants below
  uint32_t detail = 0;
  Note note;

  Error(Code c, std::string_view text) : code(c), note(text) {}
  Error(Code c, uint16_t dom, uint32_t det, std::string_view text)
      : code(c), domain(dom), detail(det), note(text) {}

  /// The message for people: the note, or the code's sentence where there is none.
  std::string_view message() const {
    return note.view().empty() ? code_sentence(code) : note.view();
  }
  /// Adds what an outer layer knows: "<context>: <message>". Code and detail stay.
  Error with_context(std::string_view context) &&;
  /// A copy for a second owner (errors are move-only so that copies are seen).
  Error clone() const { return Error(code, domain, detail, note.view()); }
};

/// Meanings of Error::detail.
inline constexpr uint16_t k_domain_none = 0;
inline constexpr uint16_t k_domain_errno = 1;   // detail = errno
inline constexpr uint16_t k_domain_offset = 2;  // detail = byte offset in the input (saturated)

}  // namespace samara
