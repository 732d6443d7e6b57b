#include "lang/layout.hpp"

#include <algorithm>

namespace samara::lang {

namespace {

uint32_t columns_of(std::string_view text) {
  return static_cast<uint32_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Layout::Layout() { nodes_.emplace_back(); }

Doc Layout::add(Node node) {
  nodes_.push_back(node);
  return static_cast<Doc>(nodes_.size() - 1);
}

Doc Layout::text(std::string_view text) {
  if (text.empty()) return 0;
  texts_.push_back(text);
  return add({.form = Form::text,
              .columns = columns_of(text),
              .first = static_cast<uint32_t>(texts_.size() - 1)});
}

Doc Layout::owned(std::string text) {
  owned_.push_back(std::move(text));
  return this->text(owned_.back());
}

Doc Layout::line() { return add({.form = Form::line}); }
Doc Layout::soft_line() { return add({.form = Form::soft_line}); }
Doc Layout::hard_line() { return add({.form = Form::hard_line, .forced = true}); }
Doc Layout::empty_line() { return add({.form = Form::empty_line, .forced = true}); }

Doc Layout::concat(std::span<const Doc> parts) {
  Node node{.form = Form::concat, .first = static_cast<uint32_t>(parts_.size())};
  for (Doc part : parts) {
    if (part == 0) continue;
    parts_.push_back(part);
    node.second++;
    node.forced = node.forced || forced(part);
  }
  return node.second == 0 ? 0 : add(node);
}

Doc Layout::indent(Doc inner) {
  return inner == 0 ? 0 : add({.form = Form::indent, .forced = forced(inner), .first = inner});
}

Doc Layout::group(Doc inner) {
  return inner == 0 ? 0 : add({.form = Form::group, .forced = forced(inner), .first = inner});
}

Doc Layout::if_broken(Doc broken, Doc flat) {
  return add({.form = Form::if_broken, .first = broken, .second = flat});
}

Doc Layout::choice(Doc first, Doc second) {
  return add({.form = Form::choice, .forced = forced(first), .first = first, .second = second});
}

Doc Layout::suffix(std::string_view text) {
  texts_.push_back(text);
  return add(
      {.form = Form::suffix, .forced = true, .first = static_cast<uint32_t>(texts_.size() - 1)});
}

Doc Layout::break_around() { return add({.form = Form::empty, .forced = true}); }

// Whether `first` and what follows it fit on the rest of the line, up to the first line break that
// is certain or, in what follows, possible. Groups are taken flat, except those that hold a forced
// break.
bool Layout::fits(Pending first, std::span<const Pending> rest, int64_t columns_left) const {
  std::vector<Pending> stack = {first};
  size_t rest_left = rest.size();
  while (columns_left >= 0) {
    if (stack.empty()) {
      if (rest_left == 0) return true;
      stack.push_back(rest[--rest_left]);
    }
    Pending at = stack.back();
    stack.pop_back();
    const Node& node = nodes_[at.doc];
    switch (node.form) {
      case Form::empty:
      case Form::suffix:
        break;
      case Form::text:
        columns_left -= node.columns;
        break;
      case Form::line:
        if (at.broken) return true;
        columns_left--;
        break;
      case Form::soft_line:
        if (at.broken) return true;
        break;
      case Form::hard_line:
      case Form::empty_line:
        return true;
      case Form::concat:
        for (uint32_t i = node.second; i > 0; i--) {
          stack.push_back({parts_[node.first + i - 1], at.indent, at.broken});
        }
        break;
      case Form::indent:
        stack.push_back({node.first, at.indent, at.broken});
        break;
      case Form::group:
        stack.push_back({node.first, at.indent, node.forced || at.broken});
        break;
      case Form::if_broken:
        stack.push_back({at.broken ? node.first : node.second, at.indent, at.broken});
        break;
      case Form::choice:
        stack.push_back({node.first, at.indent, at.broken});
        break;
    }
  }
  return false;
}

// The text so far, and what waits for the end of the line.
class Layout::Writer {
 public:
  void text(std::string_view text, uint32_t columns) {
    if (at_line_start_) {
      out_.append(indent_, ' ');
      column_ = indent_;
      at_line_start_ = false;
    }
    out_ += text;
    column_ += columns;
  }
  void space() { text(" ", 1); }
  void suffix(std::string_view text) {
    // Two comments on one line would be one when read again.
    suffixes_.push_back(text);
  }
  void new_line(uint32_t indent, bool empty) {
    flush();
    if (!out_.empty() || !at_line_start_) out_ += '\n';
    if (empty && !out_.empty()) out_ += '\n';
    at_line_start_ = true;
    indent_ = indent;
    column_ = indent;
  }
  uint32_t column() const { return at_line_start_ ? indent_ : column_; }
  std::string finish() {
    flush();
    return std::move(out_);
  }

 private:
  void flush() {
    bool first = true;
    for (std::string_view suffix : suffixes_) {
      if (!first) {
        out_ += '\n';
        at_line_start_ = true;
      }
      if (at_line_start_) {
        out_.append(indent_, ' ');
      } else {
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        out_ += ' ';
      }
      out_ += suffix;
      at_line_start_ = false;
      first = false;
    }
    suffixes_.clear();
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
  }

  std::string out_;
  std::vector<std::string_view> suffixes_;
  bool at_line_start_ = true;
  uint32_t indent_ = 0;
  uint32_t column_ = 0;
};

std::string Layout::render(Doc doc, uint32_t width) const {
  constexpr uint32_t k_indent = 2;
  Writer writer;
  std::vector<Pending> stack = {{doc, 0, true}};
  auto fits_here = [&](Pending first) {
    return fits(first, stack, static_cast<int64_t>(width) - writer.column());
  };
  while (!stack.empty()) {
    Pending at = stack.back();
    stack.pop_back();
    const Node& node = nodes_[at.doc];
    switch (node.form) {
      case Form::empty:
        break;
      case Form::text:
        writer.text(texts_[node.first], node.columns);
        break;
      case Form::line:
        if (at.broken) {
          writer.new_line(at.indent, false);
        } else {
          writer.space();
        }
        break;
      case Form::soft_line:
        if (at.broken) writer.new_line(at.indent, false);
        break;
      case Form::hard_line:
        writer.new_line(at.indent, false);
        break;
      case Form::empty_line:
        writer.new_line(at.indent, true);
        break;
      case Form::concat:
        for (uint32_t i = node.second; i > 0; i--) {
          stack.push_back({parts_[node.first + i - 1], at.indent, at.broken});
        }
        break;
      case Form::indent:
        stack.push_back({node.first, at.indent + k_indent, at.broken});
        break;
      case Form::group: {
        // What is on one line already was measured with the group around it.
        bool broken = node.forced || (at.broken && !fits_here({node.first, at.indent, false}));
        stack.push_back({node.first, at.indent, broken});
        break;
      }
      case Form::if_broken:
        stack.push_back({at.broken ? node.first : node.second, at.indent, at.broken});
        break;
      case Form::choice: {
        Doc taken = fits_here({node.first, at.indent, false}) ? node.first : node.second;
        // Groups after a forced line break were not measured: they are not on one line.
        stack.push_back({taken, at.indent, taken == node.second || node.forced});
        break;
      }
      case Form::suffix:
        writer.suffix(texts_[node.first]);
        break;
    }
  }
  return writer.finish();
}

}  // namespace samara::lang
