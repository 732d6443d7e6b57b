#pragma once
// Documents of text with places where lines may break, and the choice of breaks that keeps lines
// within a width. A group is set on one line if that fits, else each of its own breaks is taken.
//
// Threads: one thread. Source: P. Wadler, "A prettier printer" (the idea; the algorithm here looks
// ahead at most one line, which makes it linear).

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace samara::lang {

/// A document: a number into its Layout. 0 is the empty one. Documents may be shared.
using Doc = uint32_t;

class Layout {
 public:
  Layout();

  /// Text without line breaks. The view form must outlive the layout.
  Doc text(std::string_view text);
  Doc owned(std::string text);
  /// A space, or a line break when the group around is broken.
  Doc line();
  /// Nothing, or a line break when the group around is broken.
  Doc soft_line();
  /// Always a line break; all groups around it are broken.
  Doc hard_line();
  /// As hard_line, with an empty line before the next text.
  Doc empty_line();
  Doc concat(std::span<const Doc> parts);
  Doc concat(std::initializer_list<Doc> parts) {
    return concat(std::span<const Doc>(parts.begin(), parts.size()));
  }
  Doc indent(Doc inner);
  Doc group(Doc inner);
  /// `broken` when the group around is broken, else `flat`.
  Doc if_broken(Doc broken, Doc flat = 0);
  /// `first` if it fits up to its first forced line break without breaking any group, else
  /// `second`.
  Doc choice(Doc first, Doc second);
  /// Text for the end of the line, as a comment is; breaks all groups around it. A second one for
  /// the same line gets a line of its own.
  Doc suffix(std::string_view text);

  /// Nothing, but all groups around it are broken.
  Doc break_around();

  /// Whether the document has a line break that is always taken.
  bool forced(Doc doc) const { return nodes_[doc].forced; }

  /// The text, lines of at most `width` columns where the document allows.
  /// Cost: linear in the document for a constant width.
  std::string render(Doc doc, uint32_t width) const;

 private:
  enum class Form : uint8_t {
    empty,
    text,
    line,
    soft_line,
    hard_line,
    empty_line,
    concat,
    indent,
    group,
    if_broken,
    choice,
    suffix,
  };
  struct Node {
    Form form = Form::empty;
    bool forced = false;
    uint32_t columns = 0;  // text
    uint32_t first = 0;    // place in texts_ or parts_, or a document
    uint32_t second = 0;   // length, or a document
  };
  struct Pending {
    Doc doc = 0;
    uint32_t indent = 0;
    bool broken = false;
  };
  class Writer;

  Doc add(Node node);
  bool fits(Pending first, std::span<const Pending> rest, int64_t columns_left) const;

  std::vector<Node> nodes_;
  std::vector<Doc> parts_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> owned_;
};

}  // namespace samara::lang
