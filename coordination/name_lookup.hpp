// Names to addresses, within a deadline: the system's resolver takes as long as it likes, so it is
// asked in the background, and who gives up waiting leaves the question behind.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "net/asio.hpp"

namespace skein::coordination {

// As text, in the order to try them; never empty. An address is its own answer. Ends early when
// `interrupted` is set.
std::expected<std::vector<std::string>, net::error_code> look_up_until(
    const std::string& host, net::steady_time until, const std::atomic<bool>& interrupted);

}  // namespace skein::coordination
