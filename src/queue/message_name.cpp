#include "queue/message_name.hpp"

#include <algorithm>
#include <charconv>

namespace samara::queue {

namespace {

constexpr char k_digits[] = "0123456789abcdef";
constexpr size_t k_id_digits = 32;
// "PP-<id>-<caller>-"
constexpr size_t k_attempt_at = 3 + k_id_digits + 1 + k_peer_digits + 1;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void append_hex(std::string& out, std::span<const uint8_t> bytes) {
  for (uint8_t byte : bytes) {
    out += k_digits[byte >> 4];
    out += k_digits[byte & 15];
  }
}

template <typename Number>
bool take_number(std::string_view& text, Number& out) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc{} || text.starts_with('-')) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

uint8_t digit_of(char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

}  // namespace

bool is_peer_id(std::string_view text) { return text.size() == k_peer_digits && is_hex(text); }

std::string cancel_name(const Uuid& id) {
  std::string out(k_cancel_prefix);
  append_hex(out, id.bytes);
  return out;
}

std::string MessageName::text() const {
  SAMARA_ASSERT(is_peer_id(caller));
  std::string out;
  out.reserve(k_attempt_at + 32);
  append_hex(out, {&priority, 1});
  out += '-';
  append_hex(out, id.bytes);
  out += '-';
  out += caller;
  out += '-';
  char number[24];
  out.append(number, std::to_chars(number, number + sizeof number, attempt).ptr);
  if (ready_ms > 0) {
    out += '-';
    out.append(number, std::to_chars(number, number + sizeof number, ready_ms).ptr);
  }
  return out;
}

Result<MessageName> MessageName::parse(std::string_view text) {
  Error no_name(Code::corrupt, "this is no name of a message");
  if (text.size() <= k_attempt_at || text[2] != '-' || text[3 + k_id_digits] != '-' ||
      text[k_attempt_at - 1] != '-') {
    return no_name;
  }
  const std::string_view priority = text.substr(0, 2);
  const std::string_view id = text.substr(3, k_id_digits);
  const std::string_view caller = text.substr(3 + k_id_digits + 1, k_peer_digits);
  if (!is_hex(priority) || !is_hex(id) || !is_hex(caller)) return no_name;
  MessageName out;
  out.priority = static_cast<uint8_t>(digit_of(priority[0]) << 4 | digit_of(priority[1]));
  for (size_t i = 0; i < out.id.bytes.size(); i++) {
    out.id.bytes[i] = static_cast<uint8_t>(digit_of(id[2 * i]) << 4 | digit_of(id[2 * i + 1]));
  }
  out.caller = caller;
  std::string_view rest = text.substr(k_attempt_at);
  if (!take_number(rest, out.attempt) || out.attempt == 0) return no_name;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    if (!take_number(rest, out.ready_ms) || out.ready_ms <= 0) return no_name;
  }
  if (!rest.empty()) return no_name;
  return out;
}

}  // namespace samara::queue
