// Offsets of time zones from the system's TZif files (RFC 8536). Instants after the last transition
// use the last offset that the file lists; Debian's files list transitions until 2037.

#include <algorithm>

#include "platform/functions.hpp"

namespace samara::platform {

namespace {
constexpr std::string_view k_zoneinfo = "/usr/share/zoneinfo/";
constexpr uint64_t k_zone_file_bytes_max = 1 << 20;

bool valid_zone_name(std::string_view zone) {
  if (zone.empty() || zone.size() > 100 || zone.front() == '/') return false;
  if (zone.find("..") != std::string_view::npos) return false;
  return std::all_of(zone.begin(), zone.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

// Big-endian reader with bounds checked once for each call.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  bool has(size_t count) const { return count <= bytes_.size() - at_; }
  void skip(size_t count) { at_ += count; }
  int64_t integer(size_t width) {
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value = value << 8 | bytes_[at_ + i];
    at_ += width;
    auto shift = static_cast<unsigned>(64 - width * 8);
    return static_cast<int64_t>(value << shift) >> shift;
  }
  uint8_t byte() { return bytes_[at_++]; }

 private:
  ByteView bytes_;
  size_t at_ = 0;
};

struct Header {
  uint8_t version = 0;
  size_t isutcnt = 0, isstdcnt = 0, leapcnt = 0, timecnt = 0, typecnt = 0, charcnt = 0;
};

Result<Header> read_header(Reader& in) {
  if (!in.has(44) || in.integer(4) != 0x545A6966)
    return Error(Code::corrupt, "damaged time zone file");
  Header header;
  header.version = in.byte();
  in.skip(15);
  for (size_t* field : {&header.isutcnt, &header.isstdcnt, &header.leapcnt, &header.timecnt,
                        &header.typecnt, &header.charcnt}) {
    int64_t value = in.integer(4);
    if (value < 0 || value > 100'000) return Error(Code::corrupt, "damaged time zone file");
    *field = static_cast<size_t>(value);
  }
  return header;
}

Result<int64_t> offset_in(ByteView bytes, int64_t seconds) {
  Reader in(bytes);
  SAMARA_TRY(Header header, read_header(in));
  size_t width = 4;
  if (header.version >= '2') {
    // The second block repeats the first with 64-bit times.
    size_t first = header.timecnt * 5 + header.typecnt * 6 + header.charcnt + header.leapcnt * 8 +
                   header.isstdcnt + header.isutcnt;
    if (!in.has(first)) return Error(Code::corrupt, "damaged time zone file");
    in.skip(first);
    SAMARA_TRY(header, read_header(in));
    width = 8;
  }
  if (!in.has(header.timecnt * (width + 1) + header.typecnt * 6) || header.typecnt == 0) {
    return Error(Code::corrupt, "damaged time zone file");
  }
  std::vector<int64_t> times;
  for (size_t i = 0; i < header.timecnt; i++) times.push_back(in.integer(width));
  std::vector<uint8_t> kinds;
  for (size_t i = 0; i < header.timecnt; i++) kinds.push_back(in.byte());
  std::vector<int64_t> offsets;
  std::vector<bool> summer;
  for (size_t i = 0; i < header.typecnt; i++) {
    offsets.push_back(in.integer(4));
    summer.push_back(in.byte() != 0);
    in.skip(1);
  }
  auto after = std::upper_bound(times.begin(), times.end(), seconds);
  size_t kind = 0;
  if (after == times.begin()) {
    // Before the first transition: the first standard time.
    for (size_t i = 0; i < summer.size(); i++) {
      if (!summer[i]) {
        kind = i;
        break;
      }
    }
  } else {
    kind = kinds[static_cast<size_t>(after - times.begin()) - 1];
  }
  if (kind >= offsets.size()) return Error(Code::corrupt, "damaged time zone file");
  return offsets[kind];
}
}  // namespace

Result<int64_t> timezone_offset_minutes(port::Files& files, std::string_view zone,
                                        int64_t epoch_ms) {
  auto unknown = [&] {
    return Error(Code::not_found, "Unknown time zone '" + std::string(zone) + "'");
  };
  if (!valid_zone_name(zone)) return unknown();
  std::string path = std::string(k_zoneinfo) + std::string(zone);
  auto file = port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::read);
  if (!file) {
    if (zone == "UTC" || zone == "Etc/UTC") return int64_t{0};
    return unknown();
  }
  SAMARA_TRY(port::FileInfo info, files.info(file->handle()));
  if (info.kind != port::FileKind::file || info.size_bytes > k_zone_file_bytes_max)
    return unknown();
  Bytes bytes(static_cast<size_t>(info.size_bytes));
  SAMARA_TRY(size_t got, files.read_at(file->handle(), 0, bytes));
  bytes.resize(got);
  int64_t seconds = epoch_ms >= 0 ? epoch_ms / 1000 : -((-epoch_ms + 999) / 1000);
  SAMARA_TRY(int64_t offset, offset_in(bytes, seconds));
  return offset / 60;
}

}  // namespace samara::platform
