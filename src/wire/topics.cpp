#include "wire/topics.hpp"

#include "wire/fields.hpp"

namespace samara::wire {

namespace {

constexpr std::string_view k_root = "samara";
constexpr std::string_view k_to = "to";
constexpr std::string_view k_from = "from";
constexpr std::string_view k_all = "all";
constexpr Channel k_channels[] = {Channel::control, Channel::data, Channel::beat, Channel::will};

/// Splits off the first level.
std::string_view level(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view out = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return out;
}

struct Builder {
  char bytes[2 * k_node_bytes_max + 32] = {};
  size_t size = 0;
  void add(std::string_view text) {
    SAMARA_ASSERT(text.size() <= sizeof bytes - size);
    for (const char c : text) bytes[size++] = c;
  }
};

}  // namespace

std::string_view channel_name(Channel channel) {
  switch (channel) {
    case Channel::control:
      return "control";
    case Channel::data:
      return "data";
    case Channel::beat:
      return "beat";
    case Channel::will:
      return "will";
  }
  return "control";
}

Channel channel_of(Kind kind) {
  switch (kind) {
    case Kind::chunk:
    case Kind::no_object:
    case Kind::chunk_request:
    case Kind::progress:
      return Channel::data;
    case Kind::beat:
    case Kind::renew:
      return Channel::beat;
    case Kind::will:
      return Channel::will;
    default:
      return Channel::control;
  }
}

bool is_topic_level(std::string_view text) {
  return text.size() <= k_node_bytes_max && is_name(text) &&
         text.find_first_of("/+") == std::string_view::npos;
}

TopicText topic_text(const Topic& topic) {
  SAMARA_ASSERT(is_topic_level(topic.fleet));
  Builder out;
  out.add(k_root);
  out.add("/");
  out.add(topic.fleet);
  out.add("/");
  if (topic.direction == Direction::to_all) {
    out.add(k_all);
  } else {
    SAMARA_ASSERT(is_topic_level(topic.node));
    out.add(topic.direction == Direction::to_node ? k_to : k_from);
    out.add("/");
    out.add(topic.node);
    out.add("/");
    out.add(channel_name(topic.channel));
  }
  return TopicText(std::string_view(out.bytes, out.size));
}

std::optional<Topic> parse_topic(std::string_view text) {
  if (level(text) != k_root) return std::nullopt;
  Topic out;
  out.fleet = level(text);
  if (!is_topic_level(out.fleet)) return std::nullopt;
  const std::string_view direction = level(text);
  if (direction == k_all) {
    if (!text.empty()) return std::nullopt;
    out.direction = Direction::to_all;
    return out;
  }
  if (direction != k_to && direction != k_from) return std::nullopt;
  out.direction = direction == k_to ? Direction::to_node : Direction::from_node;
  out.node = level(text);
  if (!is_topic_level(out.node)) return std::nullopt;
  for (const Channel channel : k_channels) {
    if (text == channel_name(channel)) {
      out.channel = channel;
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace samara::wire
