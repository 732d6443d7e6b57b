#include "value/csv_scan.hpp"

#include <algorithm>
#include <cstring>

#include "value/utf8.hpp"

namespace samara {

namespace {
int byte_of(char c) { return static_cast<uint8_t>(c); }
}  // namespace

Result<std::string_view> csv_text(ByteView input) {
  size_t valid = utf8_valid_prefix(input.data(), input.size());
  if (valid != input.size()) {
    auto detail = static_cast<uint32_t>(std::min<size_t>(valid, UINT32_MAX));
    return Error(Code::corrupt, k_domain_offset, detail, "CSV error: invalid UTF-8");
  }
  std::string_view text = as_text(input);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

CsvScanner::CsvScanner(std::string_view input, const CsvDecodeOptions& options)
    : begin_(input.data()),
      at_(input.data()),
      end_(input.data() + input.size()),
      delimiter_(options.delimiter),
      quote_(options.quote),
      escape_(options.escape) {
  ends_cell_[byte_of('\n')] = true;
  ends_cell_[byte_of('\r')] = true;
  if (delimiter_ >= 0) ends_cell_[delimiter_ & 0xFF] = true;
}

CsvScanner::Status CsvScanner::next() {
  if (at_ == end_) return Status::end;
  cells_.clear();
  if (!in_scratch_.empty()) {
    in_scratch_.clear();
    scratch_.clear();
  }
  blank_ = true;
  row_offset_ = static_cast<size_t>(at_ - begin_);
  const char* at = at_;
  for (;;) {
    if (at != end_ && byte_of(*at) == quote_) {
      at = quoted_cell(at);
      if (at == nullptr) return Status::unclosed_quote;
    } else {
      const char* start = at;
      while (at != end_ && !ends_cell_[byte_of(*at)]) at++;
      add_cell(start, at);
    }
    if (at == end_) break;
    // The delimiter is asked for first, so that a line break can serve as one.
    if (byte_of(*at) == delimiter_) {
      at++;
      continue;
    }
    bool carriage_return = *at++ == '\r';
    if (carriage_return && at != end_ && *at == '\n') at++;
    break;
  }
  at_ = at;
  for (const InScratch& cell : in_scratch_) {
    cells_[cell.cell] = {scratch_.data() + cell.offset, cells_[cell.cell].size()};
  }
  return Status::row;
}

// Reads a cell that starts with a quote; returns where it ended, or null at the end of the file.
const char* CsvScanner::quoted_cell(const char* at) {
  // Usually there is one quoted piece without escapes, and the cell ends after it.
  const char* start = at + 1;
  if (escape_ == quote_) {
    const void* found = std::memchr(start, quote_, static_cast<size_t>(end_ - start));
    if (found == nullptr) return nullptr;
    const char* close = static_cast<const char*>(found);
    if (close + 1 == end_ || ends_cell_[byte_of(close[1])]) {
      add_cell(start, close);
      return close + 1;
    }
  }
  size_t offset = scratch_.size();
  bool inside = false;
  for (; at != end_; at++) {
    int c = byte_of(*at);
    if (!inside) {
      if (c == quote_ && scratch_.size() == offset) {
        inside = true;
      } else if (ends_cell_[c]) {
        break;
      } else {
        scratch_ += *at;
      }
    } else if (c == escape_ && at + 1 != end_ && byte_of(at[1]) == quote_) {
      scratch_ += *++at;
    } else if (c == quote_) {
      inside = false;
    } else {
      scratch_ += *at;
    }
  }
  if (inside) return nullptr;
  in_scratch_.push_back({cells_.size(), offset});
  add_cell(scratch_.data() + offset, scratch_.data() + scratch_.size());
  return at;
}

}  // namespace samara
