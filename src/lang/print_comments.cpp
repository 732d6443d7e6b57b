#include "lang/print_comments.hpp"

#include <algorithm>

namespace samara::lang {

std::string_view PrintComments::text(const Comment& comment) const {
  std::string_view out = source_.substr(comment.span.begin, comment.span.end - comment.span.begin);
  size_t last = out.find_last_not_of(" \t\r");
  return out.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

PrintComments::Leading PrintComments::take_before(uint32_t offset) {
  Leading out;
  // One comment ends a line: a second one would be read as part of it.
  bool line_has_one = line_has_one_;
  line_has_one_ = false;
  while (pending(offset)) {
    const Comment& comment = comments_[next_++];
    if (comment.own_line || out.any() || line_has_one) {
      Doc before = out.own != 0 ? layout_.hard_line() : 0;
      out.own =
          layout_.concat({out.own, before, layout_.text(text(comment)), layout_.break_around()});
    } else {
      out.trailing = layout_.suffix(text(comment));
    }
  }
  return out;
}

PrintComments::Own PrintComments::take_own(uint32_t offset) {
  line_has_one_ = false;
  if (!pending(offset)) return {};
  const Comment& comment = comments_[next_++];
  return {layout_.text(text(comment)), comment.span.begin};
}

Doc PrintComments::take_trailing(uint32_t end, uint32_t limit) {
  if (!pending(std::max(end, limit))) return 0;
  const Comment& comment = comments_[next_];
  bool inside = comment.span.begin < end;
  if (!inside && (comment.own_line || !same_line(end, comment.span.begin))) return 0;
  next_++;
  line_has_one_ = true;
  return layout_.suffix(text(comment));
}

Doc PrintComments::take_after_open(uint32_t open, uint32_t limit) {
  if (!pending(limit)) return 0;
  const Comment& comment = comments_[next_];
  if (comment.own_line || comment.span.begin < open || !same_line(open, comment.span.begin)) {
    return 0;
  }
  next_++;
  return layout_.suffix(text(comment));
}

bool PrintComments::empty_line_before(uint32_t offset) const {
  uint32_t breaks = 0;
  for (size_t i = offset; i > 0; i--) {
    char c = i <= source_.size() ? source_[i - 1] : ' ';
    if (c == '\n') {
      if (++breaks == 2) return true;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return false;
    }
  }
  return false;
}

uint32_t PrintComments::close_before(uint32_t offset, uint32_t limit) const {
  for (uint32_t i = offset; i < limit && i < source_.size(); i++) {
    if (source_[i] == ')') return i;
    if (source_[i] == '/') i = static_cast<uint32_t>(source_.find('\n', i)) - 1;
  }
  return limit;
}

}  // namespace samara::lang
