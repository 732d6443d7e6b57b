#pragma once
// The comments and empty lines of a source while its tree is printed: each comment is handed out
// once, in order, to whoever prints the place it belongs to.
//
// Threads: one thread.

#include <string_view>
#include <vector>

#include "lang/ast.hpp"
#include "lang/layout.hpp"

namespace samara::lang {

class PrintComments {
 public:
  PrintComments(Layout& layout, std::span<const Comment> comments, std::string_view source)
      : layout_(layout), comments_(comments), source_(source) {}

  /// Whether a comment that was not handed out starts before `offset`.
  bool pending(uint32_t offset) const {
    return next_ < comments_.size() && comments_[next_].span.begin < offset;
  }
  /// The comments before `offset`: those that end a line of code as `trailing`, to be put after
  /// what was printed last; those on lines of their own as `own`, with line breaks between.
  struct Leading {
    Doc trailing = 0;
    Doc own = 0;
    bool any() const { return trailing != 0 || own != 0; }
  };
  Leading take_before(uint32_t offset);
  /// The next comment before `offset`, as text of a line of its own.
  struct Own {
    Doc doc = 0;
    uint32_t begin = 0;
  };
  Own take_own(uint32_t offset);
  /// For the end of what was printed up to `end`: a comment inside it that nobody took, or the one
  /// after it on the same line if it starts before `limit`.
  Doc take_trailing(uint32_t end, uint32_t limit);
  /// The comment right after an opening brace at `open`, on its line.
  Doc take_after_open(uint32_t open, uint32_t limit);
  /// Whether an empty line stands before the line of `offset`.
  bool empty_line_before(uint32_t offset) const;
  /// Where the bracket that closes after `offset` stands, or `limit`.
  uint32_t close_before(uint32_t offset, uint32_t limit) const;

 private:
  std::string_view text(const Comment& comment) const;
  bool same_line(uint32_t from, uint32_t to) const {
    return source_.substr(from, to - from).find('\n') == std::string_view::npos;
  }

  Layout& layout_;
  std::span<const Comment> comments_;
  std::string_view source_;
  size_t next_ = 0;
  bool line_has_one_ = false;  // what was printed last ends with a comment
};

}  // namespace samara::lang
