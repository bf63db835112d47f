#include "backends/mysql/squeezing.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace skein::mysql {

namespace {

// While something is made small nobody else of the core is served: a third of the time that the
// usual level takes, for a tenth more of bytes.
constexpr int zlib_level = 3;
// What a client asks for beyond it would take ten times as long, for a tenth less.
constexpr int zstd_level_most = 12;
// Of a piece of 16 MB at most no window is larger; one that is claimed is not believed.
constexpr int zstd_window_log_max = 24;
// Kept for whoever comes next, of each kind; those that have grown are not.
constexpr std::size_t kept_max = 4;
constexpr std::size_t kept_bytes_max = 1024UZ * 1024;

// One a thread, and one piece at a time.
class deflater {
 public:
  deflater() {
    if (deflateInit(&state_, zlib_level) != Z_OK) throw std::bad_alloc();
  }
  deflater(const deflater&) = delete;
  ~deflater() { deflateEnd(&state_); }

  std::size_t run(byte_view plain, std::span<std::byte> room) {
    deflateReset(&state_);
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
    state_.avail_in = static_cast<uInt>(plain.size());
    state_.next_out = reinterpret_cast<Bytef*>(room.data());
    state_.avail_out = static_cast<uInt>(room.size());
    return deflate(&state_, Z_FINISH) == Z_STREAM_END ? room.size() - state_.avail_out : 0;
  }

 private:
  z_stream state_ = {};
};

class zstd_compressor {
 public:
  zstd_compressor() : state_(ZSTD_createCCtx()) {
    if (!state_) throw std::bad_alloc();
  }
  zstd_compressor(const zstd_compressor&) = delete;
  ~zstd_compressor() { ZSTD_freeCCtx(state_); }

  std::size_t run(int level, byte_view plain, std::span<std::byte> room) {
    const std::size_t size = ZSTD_compressCCtx(state_, room.data(), room.size(), plain.data(),
                                               plain.size(), std::min(level, zstd_level_most));
    return ZSTD_isError(size) ? 0 : size;
  }

 private:
  ZSTD_CCtx* state_;
};

std::size_t run(squeezer by, int level, byte_view plain, std::span<std::byte> room) {
  if (by == squeezer::zlib) {
    thread_local deflater mine;
    return mine.run(plain, room);
  }
  thread_local zstd_compressor mine;
  return mine.run(level, plain, room);
}

class inflater final : public expander {
 public:
  inflater() {
    if (inflateInit(&state_) != Z_OK) throw std::bad_alloc();
  }
  inflater(const inflater&) = delete;
  ~inflater() override { inflateEnd(&state_); }

  step expand(byte_view input, std::span<std::byte> output) override {
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
    state_.avail_in = static_cast<uInt>(input.size());
    state_.next_out = reinterpret_cast<Bytef*>(output.data());
    state_.avail_out = static_cast<uInt>(output.size());
    const int told = inflate(&state_, Z_SYNC_FLUSH);
    // Z_BUF_ERROR: nothing could be done with so little input or room.
    return {.used = input.size() - state_.avail_in,
            .made = output.size() - state_.avail_out,
            .ended = told == Z_STREAM_END,
            .corrupt = told != Z_OK && told != Z_STREAM_END && told != Z_BUF_ERROR};
  }
  void begin() { inflateReset(&state_); }
  static bool is_large() { return false; }

 private:
  z_stream state_ = {};
};

class zstd_expander final : public expander {
 public:
  zstd_expander() : state_(ZSTD_createDCtx()) {
    if (!state_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(state_, ZSTD_d_windowLogMax, zstd_window_log_max);
  }
  zstd_expander(const zstd_expander&) = delete;
  ~zstd_expander() override { ZSTD_freeDCtx(state_); }

  step expand(byte_view input, std::span<std::byte> output) override {
    ZSTD_inBuffer from = {input.data(), input.size(), 0};
    ZSTD_outBuffer to = {output.data(), output.size(), 0};
    const std::size_t told = ZSTD_decompressStream(state_, &to, &from);
    return {
        .used = from.pos, .made = to.pos, .ended = told == 0, .corrupt = ZSTD_isError(told) != 0};
  }
  void begin() { ZSTD_DCtx_reset(state_, ZSTD_reset_session_only); }
  bool is_large() const { return ZSTD_sizeof_DCtx(state_) > kept_bytes_max; }

 private:
  ZSTD_DCtx* state_;
};

template <typename Kind>
std::vector<std::unique_ptr<Kind>>& store() {
  thread_local std::vector<std::unique_ptr<Kind>> mine;
  return mine;
}

template <typename Kind>
borrowed_expander take() {
  auto& kept = store<Kind>();
  if (kept.empty()) return borrowed_expander(new Kind());
  std::unique_ptr<Kind> one = std::move(kept.back());
  kept.pop_back();
  one->begin();
  return borrowed_expander(one.release());
}

template <typename Kind>
void keep(std::unique_ptr<Kind> done) {
  auto& kept = store<Kind>();
  if (kept.size() < kept_max && !done->is_large()) kept.push_back(std::move(done));
}

}  // namespace

bool squeeze(squeezer by, int level, byte_view plain, std::string& out) {
  if (plain.empty()) return false;
  // With one byte less than that has, it is smaller or does not fit.
  const std::size_t before = out.size();
  out.resize(before + plain.size() - 1);
  const auto room = std::as_writable_bytes(std::span(out)).subspan(before);
  const std::size_t size = run(by, level, plain, room);
  out.resize(before + size);
  return size > 0;
}

void to_store::operator()(expander* done) const {
  if (auto* const by_zlib = dynamic_cast<inflater*>(done)) {
    keep(std::unique_ptr<inflater>(by_zlib));
  } else {
    keep(std::unique_ptr<zstd_expander>(static_cast<zstd_expander*>(done)));
  }
}

borrowed_expander borrow_expander(squeezer by) {
  return by == squeezer::zlib ? take<inflater>() : take<zstd_expander>();
}

}  // namespace skein::mysql
