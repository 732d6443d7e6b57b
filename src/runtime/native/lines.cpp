#include "runtime/native/lines.hpp"

#include <algorithm>

#include "runtime/native/debug_sections.hpp"

namespace samara::runtime::native {

namespace {

constexpr size_t k_files_max = 10'000;
constexpr size_t k_name_max = 60;
constexpr size_t k_path_max = 256;
constexpr uint64_t k_steps_of_file = 16;  // a name is looked for, which takes longer than a row

// Reads forward; behind the end everything is zero and `failed`.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return failed_ || at_ == bytes_.size(); }
  uint64_t left() const { return bytes_.size() - at_; }
  ByteView take(uint64_t size) {
    if (failed_ || size > left()) {
      failed_ = true;
      return {};
    }
    const ByteView out = bytes_.subspan(at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return out;
  }
  uint64_t number(unsigned size) {
    const ByteView bytes = take(size);
    uint64_t out = 0;
    for (size_t i = bytes.size(); i > 0; i--) out = out << 8 | bytes[i - 1];
    return out;
  }
  uint8_t byte() { return static_cast<uint8_t>(number(1)); }
  uint64_t unsigned_leb() {
    uint64_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint8_t next = byte();
      if (shift < 64) out |= uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80) == 0) return out;
    }
  }
  // As two's complement.
  uint64_t signed_leb() {
    uint64_t out = 0;
    unsigned shift = 0;
    uint8_t next = 0;
    do {
      next = byte();
      if (shift < 64) out |= uint64_t{next & 0x7fU} << shift;
      shift += 7;
    } while ((next & 0x80) != 0);
    if ((next & 0x40) != 0 && shift < 64) out |= ~uint64_t{0} << shift;
    return out;
  }
  std::string_view text() {
    const std::string_view rest = as_text(bytes_.subspan(at_));
    const size_t size = rest.find('\0');
    if (failed_ || size == std::string_view::npos) {
      failed_ = true;
      return {};
    }
    at_ += size + 1;
    return rest.substr(0, size);
  }

 private:
  ByteView bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

std::string shown(std::string_view name) {
  name = name.substr(name.rfind('/') + 1).substr(0, k_name_max);
  std::string out;
  for (char c : name) out.push_back(c > 0x20 && c < 0x7f ? c : '?');
  return out;
}

struct Row {
  uint64_t address = 0;
  uint64_t file = 0;
  uint64_t line = 0;
};

class LineSearch {
 public:
  LineSearch(ByteView line_texts, ByteView texts, std::span<const uint64_t> addresses)
      : line_texts_(line_texts), texts_(texts), addresses_(addresses), out_(addresses.size()) {}

  void go(ByteView all) {
    Reader units(all);
    while (!units.at_end() && steps_ < k_line_steps_max) {
      uint64_t size = units.number(4);
      wide_ = size == 0xffffffff;
      if (wide_) size = units.number(8);
      unit(Reader(units.take(size)));
    }
  }

  std::vector<std::optional<SourceLine>> take() { return std::move(out_); }

 private:
  enum Form : uint64_t {
    k_data2 = 5,
    k_data4 = 6,
    k_data8 = 7,
    k_string = 8,
    k_block = 9,
    k_data1 = 11,
    k_strp = 14,
    k_udata = 15,
    k_data16 = 30,
    k_line_strp = 31,
  };

  void unit(Reader in) {
    version_ = in.number(2);
    if (version_ < 2 || version_ > 5) return;
    if (version_ == 5) in.take(2);  // sizes of an address and of a segment
    Reader head(in.take(in.number(offset_bytes())));
    least_ = head.byte();
    if (version_ >= 4 && head.byte() != 1) return;  // only machines that we have no tasks for
    head.byte();                                    // whether rows are statements
    base_ = static_cast<int8_t>(head.byte());
    range_ = head.byte();
    first_special_ = head.byte();
    if (range_ == 0 || first_special_ == 0) return;
    lengths_ = head.take(first_special_ - 1U);
    files_.clear();
    if (version_ == 5) {
      list(head, false);
      list(head, true);
    } else {
      old_list(head);
    }
    if (!head.failed() && !in.failed()) program(in);
  }

  unsigned offset_bytes() const { return wide_ ? 8 : 4; }

  std::string_view text_at(ByteView texts, uint64_t offset) const {
    if (offset >= texts.size()) return {};
    texts = texts.subspan(static_cast<size_t>(offset));
    return Reader(texts.first(std::min(texts.size(), k_path_max))).text();
  }

  // A value of a form; its text, if it has one. False: a form we do not know.
  bool value(Reader& in, uint64_t form, std::string_view& text) const {
    switch (form) {
      case k_string:
        text = in.text();
        return true;
      case k_line_strp:
        text = text_at(line_texts_, in.number(offset_bytes()));
        return true;
      case k_strp:
        text = text_at(texts_, in.number(offset_bytes()));
        return true;
      case k_udata:
        in.unsigned_leb();
        return true;
      case k_block:
        in.take(in.unsigned_leb());
        return true;
      case k_data1:
        in.take(1);
        return true;
      case k_data2:
        in.take(2);
        return true;
      case k_data4:
        in.take(4);
        return true;
      case k_data8:
        in.take(8);
        return true;
      case k_data16:
        in.take(16);
        return true;
    }
    return false;
  }

  // Folders and files of version 5; each entry takes a byte at least.
  void list(Reader& in, bool files) {
    struct Field {
      uint64_t content;
      uint64_t form;
    };
    std::vector<Field> fields(in.byte());
    for (Field& field : fields) field = {in.unsigned_leb(), in.unsigned_leb()};
    const uint64_t count = in.unsigned_leb();
    if (count == 0) return;
    if (fields.empty() || count > in.left() || count > k_files_max) {
      in.take(UINT64_MAX);
      return;
    }
    for (uint64_t i = 0; i < count && !in.failed() && steps_ < k_line_steps_max; i++) {
      steps_ += k_steps_of_file * fields.size();
      std::string_view name;
      for (const Field& field : fields) {
        std::string_view text;
        if (!value(in, field.form, text)) in.take(UINT64_MAX);
        if (field.content == 1) name = text;
      }
      if (files) files_.push_back(name);
    }
  }

  void old_list(Reader& in) {
    while (!in.text().empty()) continue;
    files_.push_back({});  // they count from 1
    for (;;) {
      const std::string_view name = in.text();
      if (name.empty() || files_.size() > k_files_max) return;
      files_.push_back(name);
      steps_++;
      for (int i = 0; i < 3; i++) in.unsigned_leb();
    }
  }

  void program(Reader in) {
    restart();
    while (!in.at_end() && steps_++ < k_line_steps_max) {
      const uint8_t code = in.byte();
      if (code >= first_special_) {
        special(code);
      } else if (code == 0) {
        Reader inner(in.take(in.unsigned_leb()));
        extended(inner);
      } else {
        standard(code, in);
      }
    }
  }

  void restart() {
    row_ = {.address = 0, .file = 1, .line = 1};
    before_.reset();
    removed_ = false;
  }

  void special(uint8_t code) {
    const unsigned step = code - unsigned{first_special_};
    row_.address += uint64_t{least_} * (step / range_);
    row_.line += static_cast<uint64_t>(int64_t{base_} + static_cast<int64_t>(step % range_));
    emit();
  }

  void standard(uint8_t code, Reader& in) {
    switch (code) {
      case 1:
        return emit();
      case 2:
        row_.address += least_ * in.unsigned_leb();
        return;
      case 3:
        row_.line += in.signed_leb();
        return;
      case 4:
        row_.file = in.unsigned_leb();
        return;
      case 8:
        row_.address += uint64_t{least_} * ((255U - first_special_) / range_);
        return;
      case 9:
        row_.address += in.number(2);
        return;
    }
    // Of others only the number of their arguments is told.
    for (unsigned i = 0; i < lengths_[code - 1U]; i++) in.unsigned_leb();
  }

  void extended(Reader& in) {
    const uint8_t code = in.byte();
    if (code == 1) {
      emit();
      restart();
    } else if (code == 2) {
      row_.address = in.number(in.left() >= 8 ? 8 : 4);
      // What the linker has dropped is left at 0, where no code can be.
      removed_ = row_.address == 0;
    }
  }

  // A row holds up to the address of the next one.
  void emit() {
    if (before_ && !removed_ && before_->address < row_.address) {
      for (size_t i = 0; i < addresses_.size(); i++) {
        const bool here = addresses_[i] >= before_->address && addresses_[i] < row_.address;
        if (here && !out_[i] && before_->file < files_.size() && before_->line != 0) {
          out_[i] = SourceLine{shown(files_[static_cast<size_t>(before_->file)]), before_->line};
        }
      }
    }
    before_ = row_;
  }

  ByteView line_texts_;
  ByteView texts_;
  std::span<const uint64_t> addresses_;
  std::vector<std::optional<SourceLine>> out_;
  uint64_t steps_ = 0;
  // Of the unit.
  bool wide_ = false;
  uint64_t version_ = 0;
  uint8_t least_ = 1;
  int8_t base_ = 0;
  uint8_t range_ = 1;
  uint8_t first_special_ = 1;
  ByteView lengths_;
  std::vector<std::string_view> files_;
  // Of the sequence.
  Row row_;
  std::optional<Row> before_;
  bool removed_ = false;
};

}  // namespace

std::vector<std::optional<SourceLine>> find_lines(ByteView debug,
                                                  std::span<const uint64_t> addresses) {
  DebugSections sections(debug);
  if (!sections.open()) return std::vector<std::optional<SourceLine>>(addresses.size());
  LineSearch search(sections.named(".debug_line_str"), sections.named(".debug_str"), addresses);
  search.go(sections.named(".debug_line"));
  return search.take();
}

}  // namespace samara::runtime::native
