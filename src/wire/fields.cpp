#include "wire/fields.hpp"

namespace samara::wire {

bool is_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("._:@+=/-").find(c) == std::string_view::npos) return false;
  }
  return true;
}

void FieldEncoder::put(const AttemptId& value) {
  out_.array(2);
  put(value.task);
  put(value.number);
}

void FieldEncoder::put(const Fence& value) {
  out_.array(3);
  put(value.boot);
  put(value.epoch);
  put(value.order);
}

void FieldEncoder::put(const ObjectRef& value) {
  out_.array(2);
  put(value.hash);
  put(value.size);
}

void FieldEncoder::put(const Arguments& value) {
  out_.array(value.size());
  for (const Argument& argument : value) {
    if (argument.object) {
      put(*argument.object);
    } else {
      SAMARA_ASSERT(argument.value.size() <= k_inline_bytes_max);
      out_.array(1);
      out_.bytes(argument.value);
    }
  }
}

bool FieldDecoder::next_key() {
  if (pending_) return true;
  if (left_ == 0 || !in_.ok()) return false;
  left_--;
  key_ = in_.uint();
  // Ascending, so that nothing comes twice and one pass is enough.
  if (!first_ && key_ <= last_key_) in_.fail();
  first_ = false;
  last_key_ = key_;
  pending_ = in_.ok();
  return pending_;
}

bool FieldDecoder::find(uint32_t number) {
  while (next_key() && key_ < number) {
    pending_ = false;
    in_.skip();
  }
  if (!pending_ || key_ != number) return false;
  pending_ = false;
  return true;
}

void FieldDecoder::skip_rest() {
  while (next_key()) {
    pending_ = false;
    in_.skip();
  }
}

std::string_view FieldDecoder::name(size_t max) {
  const std::string_view text = in_.text();
  if (text.size() > max || !is_name(text)) in_.fail();
  return text;
}

void FieldDecoder::fixed(std::span<uint8_t> out) {
  const ByteView got = in_.bytes();
  if (got.size() != out.size()) return in_.fail();
  for (size_t i = 0; i < out.size(); i++) out[i] = got[i];
}

void FieldDecoder::get(AttemptId& value) {
  if (in_.array() != 2) return in_.fail();
  get(value.task);
  get(value.number);
}

void FieldDecoder::get(Fence& value) {
  if (in_.array() != 3) return in_.fail();
  get(value.boot);
  get(value.epoch);
  get(value.order);
}

void FieldDecoder::object_tail(ObjectRef& value) {
  get(value.hash);
  get(value.size);
}

void FieldDecoder::get(ObjectRef& value) {
  if (in_.array() != 2) return in_.fail();
  object_tail(value);
}

void FieldDecoder::get(Arguments& value) {
  for (size_t left = in_.array(); left > 0 && in_.ok(); left--) {
    Argument argument;
    const size_t items = in_.array();
    if (items == 1) {
      argument.value = in_.bytes();
      if (argument.value.size() > k_inline_bytes_max) in_.fail();
    } else if (items == 2) {
      ObjectRef object;
      object_tail(object);
      argument.object = object;
    } else {
      in_.fail();
    }
    if (!value.push_back(argument)) in_.fail();
  }
}

}  // namespace samara::wire
