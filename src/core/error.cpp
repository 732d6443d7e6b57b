#include "core/error.hpp"

#include <cstring>

namespace samara {

std::string_view code_name(Code code) {
  switch (code) {
#define SAMARA_CODE(name, number, sentence, retryable) \
  case Code::name:                                     \
    return #name;
#include "core/codes.def"
#undef SAMARA_CODE
  }
  return "unknown";
}

std::string_view code_sentence(Code code) {
  switch (code) {
#define SAMARA_CODE(name, number, sentence, retryable) \
  case Code::name:                                     \
    return sentence;
#include "core/codes.def"
#undef SAMARA_CODE
  }
  return "unknown error code";
}

bool code_retryable(Code code) {
  switch (code) {
#define SAMARA_CODE(name, number, sentence, retryable) \
  case Code::name:                                     \
    return retryable;
#include "core/codes.def"
#undef SAMARA_CODE
  }
  return false;
}

Note::Note(std::string_view text) {
  if (text.empty()) return;
  text_ = new char[text.size() + 1];
  std::memcpy(text_, text.data(), text.size());
  text_[text.size()] = '\0';
}

Note& Note::operator=(Note&& other) noexcept {
  if (this != &other) {
    delete[] text_;
    text_ = other.text_;
    other.text_ = nullptr;
  }
  return *this;
}

Note::~Note() { delete[] text_; }

Error Error::with_context(std::string_view context) && {
  std::string text(context);
  text += ": ";
  text += message();
  return Error(code, domain, detail, text);
}

}  // namespace samara
