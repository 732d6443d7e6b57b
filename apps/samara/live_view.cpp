#include "apps/samara/live_view.hpp"

#include <charconv>
#include <cmath>

#include "value/beast2.hpp"
#include "value/text.hpp"

namespace samara::cli {

namespace {

// A result so far is shown, not kept.
constexpr size_t k_value_bytes_max = size_t{64} << 20;

std::string number_text(double value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

}  // namespace

void LiveView::say(const std::string& text) {
  context_.err().line(text);
  static_cast<void>(context_.err().flush());
}

void LiveView::show(std::string line) {
  context_.out().line(std::move(line));
  static_cast<void>(context_.out().flush());
}

void LiveView::partial_result(ByteView bytes) {
  Heap heap({.limit_bytes = k_value_bytes_max});
  auto value = decode_beast2_value(bytes, output_, heap);
  // Nobody has checked it: what is no value is the function's affair at its end.
  if (!value) return;
  if (context_.json()) {
    JsonLine line("partial");
    add_value(line, {output_, *value});
    return show(std::move(line).done());
  }
  auto text = print_text(output_, *value);
  if (text) say("so far: " + *text);
}

void LiveView::metric(std::string_view key, double value) {
  if (context_.json()) {
    std::string number = number_text(value);
    // JSON has no word for these.
    if (!std::isfinite(value)) number = json_string(number);
    JsonLine line("metric");
    line.text("key", key).raw("value", number);
    return show(std::move(line).done());
  }
  say("metric: " + std::string(key) + " = " + number_text(value));
}

void LiveView::progress(uint32_t permille) {
  // One line for each percent.
  uint32_t percent = permille / 10;
  if (percent == percent_) return;
  percent_ = percent;
  if (context_.json()) {
    JsonLine line("progress");
    line.number("percent", uint64_t{percent});
    return show(std::move(line).done());
  }
  say("progress: " + std::to_string(percent) + " %");
}

}  // namespace samara::cli
