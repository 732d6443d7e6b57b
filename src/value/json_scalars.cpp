#include "value/json_scalars.hpp"

#include "value/calendar.hpp"
#include "value/number_text.hpp"

namespace samara {

namespace {

class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  bool accept(char c) {
    if (at_end() || text_[at_] != c) return false;
    at_++;
    return true;
  }
  bool year() {
    bool negative = text_.starts_with('-');
    bool sign = negative || text_.starts_with('+');
    at_ = sign ? 1 : 0;
    size_t digits = 0;
    while (!at_end() && is_digit(text_[at_]) && digits <= 9) {
      time.year = digits == 0 ? text_[at_] - '0' : time.year * 10 + (text_[at_] - '0');
      at_++;
      digits++;
    }
    if (negative) time.year = -time.year;
    return sign ? digits >= 6 && digits <= 9 : digits == 4;
  }
  bool pair(char before, int32_t& value) {
    if (!accept(before) || text_.size() - at_ < 2) return false;
    value = two_digits(text_.data() + at_);
    at_ += 2;
    return value >= 0;
  }
  // The digits after the point; returns how many there were.
  int fraction() {
    int count = 0;
    int32_t scale = 100;
    time.millisecond = 0;
    while (!at_end() && is_digit(text_[at_]) && count < 4) {
      time.millisecond += (text_[at_++] - '0') * scale;
      scale /= 10;
      count++;
    }
    return count;
  }
  bool zone() {
    if (accept('Z')) return true;
    if (at_end() || (text_[at_] != '+' && text_[at_] != '-')) return false;
    negative_zone_ = text_[at_] == '-';
    return pair(text_[at_], zone_hours_) && pair(':', zone_minutes_);
  }
  bool finish(int64_t& ms) const {
    if (zone_hours_ > 23 || zone_minutes_ > 59 || !ms_from_civil(time, ms)) return false;
    int64_t shift = (int64_t{zone_hours_} * 60 + zone_minutes_) * 60'000;
    if (__builtin_sub_overflow(ms, negative_zone_ ? -shift : shift, &ms)) return false;
    return ms >= -k_datetime_ms_max && ms <= k_datetime_ms_max;
  }

  CivilTime time;

 private:
  std::string_view text_;
  size_t at_ = 0;
  bool negative_zone_ = false;
  int32_t zone_hours_ = 0;
  int32_t zone_minutes_ = 0;
};

}  // namespace

JsonDateStatus parse_json_datetime(std::string_view text, int64_t& ms) {
  DateReader in(text);
  bool shape = in.year() && in.pair('-', in.time.month) && in.pair('-', in.time.day) &&
               in.pair('T', in.time.hour) && in.pair(':', in.time.minute) &&
               in.pair(':', in.time.second) && in.accept('.') && in.fraction() == 3 && in.zone() &&
               in.at_end();
  if (!shape) return JsonDateStatus::malformed;
  return in.finish(ms) ? JsonDateStatus::ok : JsonDateStatus::impossible;
}

bool parse_csv_datetime(std::string_view text, int64_t& ms) {
  DateReader in(text);
  if (!in.year() || !in.pair('-', in.time.month) || !in.pair('-', in.time.day)) return false;
  if (in.at_end()) return in.finish(ms);
  if (!in.pair('T', in.time.hour) || !in.pair(':', in.time.minute)) return false;
  if (in.pair(':', in.time.second) && in.accept('.')) {
    int digits = in.fraction();
    if (digits < 1 || digits > 3) return false;
  }
  if (!in.at_end() && !in.zone()) return false;
  return in.at_end() && in.finish(ms);
}

}  // namespace samara
