// Diagnostics as people read them on a terminal.

#include <algorithm>

#include "lang/diagnostic.hpp"
#include "lang/display_width.hpp"

namespace samara::lang {

namespace {

constexpr uint32_t k_tab_columns = 4;
constexpr uint32_t k_columns_max = 140;  // longer lines are cut around what is marked
constexpr uint32_t k_window_before = 50;

constexpr std::string_view k_red = "\x1b[1;31m";
constexpr std::string_view k_yellow = "\x1b[1;33m";
constexpr std::string_view k_blue = "\x1b[1;34m";
constexpr std::string_view k_bold = "\x1b[1m";
constexpr std::string_view k_plain = "\x1b[0m";

/// Something to mark on one line, in bytes of the source.
struct Mark {
  size_t line = 0;  // from 0
  uint32_t begin = 0;
  uint32_t end = 0;
  bool primary = false;
  std::string_view label;
};

class Renderer {
 public:
  Renderer(const Diagnostic& problem, std::string_view file, std::string_view source,
           const RenderOptions& options)
      : problem_(problem), file_(file), source_(source), options_(options) {
    starts_ = line_starts_of(source);
  }

  std::string run() {
    title();
    add_marks(problem_.span, true, problem_.label);
    for (const Related& each : problem_.related) add_marks(each.span, false, each.message);
    // The line of the problem itself stays in its place among the others: people read downwards.
    std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) {
      return a.line != b.line ? a.line < b.line : a.begin > b.begin;
    });
    size_t last_line = marks_.back().line;
    gutter_ = std::to_string(last_line + 1).size();
    place();
    empty_gutter();
    lines();
    help();
    return std::move(out_);
  }

 private:
  void paint(std::string_view colour) {
    if (options_.colour) out_ += colour;
  }
  void painted(std::string_view colour, std::string_view text) {
    paint(colour);
    out_ += text;
    paint(k_plain);
  }
  std::string_view primary_colour() const {
    return problem_.severity == Severity::error     ? k_red
           : problem_.severity == Severity::warning ? k_yellow
                                                    : k_blue;
  }

  void title() {
    const char* word = problem_.severity == Severity::error     ? "error"
                       : problem_.severity == Severity::warning ? "warning"
                                                                : "hint";
    painted(primary_colour(), word);
    painted(k_bold, ": " + problem_.title);
    out_ += '\n';
  }

  size_t line_of(uint32_t offset) const {
    auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    return static_cast<size_t>(next - starts_.begin()) - 1;
  }
  uint32_t line_end(size_t line) const {
    uint32_t end =
        line + 1 < starts_.size() ? starts_[line + 1] - 1 : static_cast<uint32_t>(source_.size());
    if (end > starts_[line] && source_[end - 1] == '\r') end--;
    return end;
  }

  // A part of several lines is marked where it starts and where it ends.
  void add_marks(Span span, bool primary, std::string_view label) {
    auto size = static_cast<uint32_t>(source_.size());
    span.begin = std::min(span.begin, size);
    span.end = std::clamp(span.end, span.begin, size);
    size_t first = line_of(span.begin);
    size_t last = span.end > span.begin ? line_of(span.end - 1) : first;
    if (first == last) {
      marks_.push_back({first, span.begin, span.end, primary, label});
      return;
    }
    marks_.push_back({first, span.begin, line_end(first), primary, {}});
    uint32_t begin = starts_[last];
    while (begin + 1 < span.end && (source_[begin] == ' ' || source_[begin] == '\t')) begin++;
    marks_.push_back({last, begin, span.end, primary, label});
  }

  void place() {
    out_.append(gutter_, ' ');
    Position at = position_of(source_, starts_, problem_.span.begin);
    painted(k_blue, "--> ");
    out_ += std::string(file_) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    out_ += '\n';
  }

  void empty_gutter() {
    out_.append(gutter_ + 1, ' ');
    painted(k_blue, "|");
    out_ += '\n';
  }

  // The text of a line as it is shown, and the column of each of its bytes.
  void lay_out(size_t line) {
    shown_.clear();
    columns_.clear();
    uint32_t column = 0;
    uint32_t end = line_end(line);
    for (uint32_t i = starts_[line]; i < end;) {
      uint32_t bytes = 1;
      uint32_t wide = 1;
      if (source_[i] == '\t') {
        wide = k_tab_columns - column % k_tab_columns;
        shown_.append(wide, ' ');
      } else {
        auto character = displayed_character(source_.substr(i, end - i));
        bytes = character.bytes;
        wide = character.columns;
        shown_ += character.printable ? source_.substr(i, bytes) : "\xEF\xBF\xBD";
        if (!character.printable) wide = 1;
      }
      columns_.insert(columns_.end(), bytes, column);
      column += wide;
      i += bytes;
    }
    columns_.push_back(column);
  }

  // Cuts a long line; the columns that are left start at `cut_`.
  void cut(size_t line, uint32_t wanted) {
    cut_ = 0;
    uint32_t width = columns_.back();
    stop_ = width;
    if (width <= k_columns_max) return;
    cut_ = wanted > k_window_before ? wanted - k_window_before : 0;
    stop_ = std::min(cut_ + k_columns_max, width);
    std::string kept;
    uint32_t column = 0;
    std::string_view text = source_.substr(starts_[line], line_end(line) - starts_[line]);
    for (uint32_t i = 0; i < text.size();) {
      auto character = displayed_character(text.substr(i));
      column = columns_[i];
      if (column >= cut_ && column < stop_) {
        if (text[i] == '\t') {
          kept.append(columns_[i + 1] - column, ' ');
        } else {
          kept += character.printable ? text.substr(i, character.bytes) : "\xEF\xBF\xBD";
        }
      }
      i += character.bytes;
    }
    shown_ = (cut_ > 0 ? "…" : "") + kept + (stop_ < width ? "…" : "");
  }

  uint32_t column_of(size_t line, uint32_t offset) const {
    uint32_t column = columns_[std::min<size_t>(offset - starts_[line], columns_.size() - 1)];
    column = std::clamp(column, cut_, stop_) - cut_;
    return cut_ > 0 ? column + 1 : column;
  }

  void lines() {
    size_t before = SIZE_MAX;
    for (size_t i = 0; i < marks_.size(); i++) {
      const Mark& mark = marks_[i];
      if (mark.line != before) {
        if (before != SIZE_MAX && mark.line > before + 1) {
          painted(k_blue, gutter_ < 3 ? "..." : std::string(gutter_, '.'));
          out_ += '\n';
        }
        lay_out(mark.line);
        uint32_t wanted =
            columns_[std::min<size_t>(mark.begin - starts_[mark.line], columns_.size() - 1)];
        cut(mark.line, wanted);
        std::string number = std::to_string(mark.line + 1);
        number.insert(0, gutter_ - number.size(), ' ');
        painted(k_blue, number + " |");
        if (!shown_.empty()) out_ += " " + shown_;
        out_ += '\n';
        before = mark.line;
      }
      underline(mark);
    }
  }

  void underline(const Mark& mark) {
    uint32_t begin = column_of(mark.line, mark.begin);
    uint32_t end = std::max(column_of(mark.line, mark.end), begin + 1);
    out_.append(gutter_ + 1, ' ');
    painted(k_blue, "|");
    out_.append(begin + 1, ' ');
    std::string line(end - begin, mark.primary ? '^' : '-');
    if (!mark.label.empty()) line += " " + std::string(mark.label);
    painted(mark.primary ? primary_colour() : k_blue, line);
    out_ += '\n';
  }

  void help() {
    if (problem_.help.empty()) return;
    out_.append(gutter_ + 1, ' ');
    painted(k_bold, "help: ");
    out_ += problem_.help + "\n";
  }

  const Diagnostic& problem_;
  std::string_view file_;
  std::string_view source_;
  RenderOptions options_;
  std::vector<uint32_t> starts_;
  std::vector<Mark> marks_;
  size_t gutter_ = 1;
  std::string shown_;
  std::vector<uint32_t> columns_;
  uint32_t cut_ = 0;
  uint32_t stop_ = 0;
  std::string out_;
};

}  // namespace

std::string render(const Diagnostic& diagnostic, std::string_view file, std::string_view source,
                   const RenderOptions& options) {
  return Renderer(diagnostic, file, source, options).run();
}

}  // namespace samara::lang
