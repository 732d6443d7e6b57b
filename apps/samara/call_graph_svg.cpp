// The drawing of a call graph. It names no fonts but the generic ones and loads nothing, so it
// looks alike everywhere; widths of text are estimated with room to spare.

#include <algorithm>
#include <charconv>

#include "apps/samara/call_graph.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/units.hpp"

namespace samara::cli {

namespace {

constexpr double k_width = 1000;
constexpr double k_margin = 20;
constexpr double k_top = 78;
constexpr double k_row = 26;
constexpr double k_where = 270;     // column: what it ran in
constexpr double k_time_end = 400;  // column: how long, right aligned
constexpr double k_bars = 420;
constexpr double k_letter = 7.6;  // of the text, on average, and a little more

struct Colour {
  std::string_view where;
  std::string_view colour;
};
constexpr Colour k_colours[] = {
    {"east", "#4a6fc0"},   {"python", "#2e8b57"}, {"node", "#c98a1b"}, {"julia", "#8e55b7"},
    {"native", "#c24d47"}, {"wasm", "#2790a8"},   {"cpp", "#7d6a55"},
};

std::string_view colour_of(std::string_view where) {
  for (const Colour& known : k_colours) {
    if (known.where == where) return known.colour;
  }
  return "#777777";
}

std::string number(double value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 1);
  return {text, end.ptr};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no way to write these.
        if (static_cast<unsigned char>(c) < ' ')
          out += "\uFFFD";
        else
          out += c;
    }
  }
  return out;
}

void add_text(std::string& out, double x, double y, std::string_view text,
              std::string_view attributes = {}) {
  out += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"";
  if (!attributes.empty()) out.append(" ").append(attributes);
  out += ">" + escaped(text) + "</text>\n";
}

void add_line(std::string& out, double x1, double y1, double x2, double y2,
              std::string_view colour) {
  out += "<path d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2) + " " + number(y2) +
         "\" stroke=\"" + std::string(colour) + "\"/>\n";
}

class Drawing {
 public:
  explicit Drawing(const std::vector<CallNode>& nodes) : nodes_(nodes) {
    ran_.resize(nodes.size());
    size_t deepest = 1;
    for (size_t i = 0; i < nodes.size(); i++) {
      const CallNode& node = nodes[i];
      deepest = std::max(deepest, node.depth);
      // What a remembered call called ran before all this.
      ran_[i] = node.attempt && (node.depth == 0 || (ran_[node.parent] && !node.from_memory));
      if (ran_[i]) total_ms_ = std::max(total_ms_, start_ms(node) + took_ms(node));
    }
    step_ = std::min(20.0, 150.0 / static_cast<double>(deepest));
    total_ms_ = std::max(total_ms_, 0.001);
    height_ = k_top + k_row * static_cast<double>(nodes.size()) + 2 * k_margin;
  }

  std::string text() {
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(k_width) + "\" height=\"" +
           number(height_) + "\" viewBox=\"0 0 " + number(k_width) + " " + number(height_) +
           "\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#222222\">\n";
    out_ += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    head();
    scale();
    for (size_t i = 0; i < nodes_.size(); i++) row(i);
    return out_ + "</svg>\n";
  }

 private:
  double start_ms(const CallNode& node) const {
    const auto& first = nodes_[0].attempt;
    return static_cast<double>(node.attempt->record.started_ms - first->record.started_ms);
  }
  static double took_ms(const CallNode& node) { return static_cast<double>(node.wall_ns()) / 1e6; }
  static double middle(size_t row) { return k_top + k_row * (static_cast<double>(row) + 0.5); }
  double indent(const CallNode& node) const {
    return k_margin + step_ * static_cast<double>(node.depth);
  }
  double along(double ms) const {
    const double share = std::clamp(ms / total_ms_, 0.0, 1.0);
    return k_bars + share * (k_width - k_margin - k_bars);
  }

  void head() {
    const CallNode& first = nodes_[0];
    add_text(out_, k_margin, 30, clipped(first.name, 40), "font-size=\"17\" font-weight=\"600\"");
    std::string about = "call " + first.key.call.short_hex();
    if (first.attempt) about += ", " + time_text(first.attempt->record.started_ms) + " UTC";
    add_text(out_, k_width - k_margin, 30, about, "text-anchor=\"end\" fill=\"#666666\"");
    double x = k_margin;
    std::vector<std::string> shown;
    for (const CallNode& node : nodes_) {
      std::string where = node.where();
      if (where.empty() || std::find(shown.begin(), shown.end(), where) != shown.end()) continue;
      out_ += "<rect x=\"" + number(x) + "\" y=\"44\" width=\"11\" height=\"11\" rx=\"2\" fill=\"" +
              std::string(colour_of(where)) + "\"/>\n";
      add_text(out_, x + 16, 54, where, "font-size=\"12\"");
      x += 34 + k_letter * static_cast<double>(display_width(where));
      shown.push_back(std::move(where));
    }
  }

  // Lines at round times: about five.
  void scale() {
    double step = 1e-3;
    for (int i = 0; step * 6 < total_ms_; i++) step *= i % 3 == 1 ? 2.5 : 2;
    const double bottom = height_ - 2 * k_margin + 6;
    for (int i = 0; step * i <= total_ms_; i++) {
      const double x = along(step * i);
      add_line(out_, x, k_top - 4, x, bottom, "#e4e4e4");
      const auto time = std::chrono::nanoseconds(static_cast<int64_t>(step * i * 1e6));
      add_text(out_, x, bottom + 16, i == 0 ? "0" : duration_text(time),
               "text-anchor=\"middle\" font-size=\"11\" fill=\"#666666\"");
    }
  }

  void branch(size_t index) {
    const CallNode& node = nodes_[index];
    if (node.depth == 0) return;
    const double x = indent(nodes_[node.parent]) + 4;
    const double y = middle(index);
    out_ += "<path d=\"M" + number(x) + " " + number(middle(node.parent) + 9) + "V" + number(y) +
            "H" + number(indent(node) - 3) + "\" fill=\"none\" stroke=\"#b8b8b8\"/>\n";
  }

  void row(size_t index) {
    const CallNode& node = nodes_[index];
    const double y = middle(index);
    const double x = indent(node);
    branch(index);
    const double room = (k_where - 8 - x) / k_letter;
    const std::string grey = "fill=\"#777777\"";
    if (!node.more.empty()) {
      add_text(out_, x, y + 4, clipped(node.more, static_cast<size_t>(room)), grey);
      return;
    }
    const std::string where = node.where();
    const std::string colour(colour_of(where));
    add_text(out_, x, y + 4, clipped(node.name, static_cast<size_t>(room)),
             ran_[index] ? (node.depth == 0 ? "font-weight=\"600\"" : "") : grey);
    add_text(out_, k_where, y + 4, clipped(where, 9), "fill=\"" + colour + "\"");
    if (node.attempt && !node.attempt->record.running()) {
      const auto time = std::chrono::nanoseconds(static_cast<int64_t>(node.wall_ns()));
      add_text(out_, k_time_end, y + 4, duration_text(time),
               "text-anchor=\"end\"" + (ran_[index] ? std::string() : " " + grey));
    }
    if (ran_[index]) {
      bar(node, y, colour);
    } else {
      add_text(out_, k_bars + 4, y + 4, clipped(node.how(), 60), "font-style=\"italic\" " + grey);
    }
  }

  void bar(const CallNode& node, double y, const std::string& colour) {
    const double from = along(start_ms(node));
    const double width = std::max(2.0, along(start_ms(node) + took_ms(node)) - from);
    out_ += "<rect x=\"" + number(std::min(from, k_width - k_margin - width)) + "\" y=\"" +
            number(y - 7) + "\" width=\"" + number(width) + "\" height=\"14\" rx=\"2\" fill=\"" +
            colour + "\"" + (node.depth == 0 ? " fill-opacity=\"0.35\"" : "") + "><title>" +
            escaped(node.name + ", call " + node.key.call.short_hex() + ": " + node.outcome) +
            "</title></rect>\n";
  }

  const std::vector<CallNode>& nodes_;
  std::vector<bool> ran_;  // as part of this run
  double total_ms_ = 0;
  double step_ = 0;
  double height_ = 0;
  std::string out_;
};

}  // namespace

std::string graph_svg(const std::vector<CallNode>& nodes) { return Drawing(nodes).text(); }

}  // namespace samara::cli
