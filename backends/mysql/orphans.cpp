#include "backends/mysql/orphans.hpp"

#include <algorithm>
#include <fstream>

#include "backends/mysql/binlog_tool.hpp"
#include "backends/mysql/errant.hpp"
#include "backends/mysql/position.hpp"
#include "backends/mysql/wire_session.hpp"
#include "backends/orphan_folder.hpp"

namespace skein::mysql {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view state_of_mysql =
    "select @@global.gtid_executed as executed, @@global.datadir as data, "
    "@@global.basedir as programs";
constexpr std::string_view state_of_mariadb =
    "select @@global.gtid_binlog_state as logged, @@global.gtid_slave_pos as taken, "
    "@@global.datadir as data, @@global.basedir as programs";

class errant_writer final : public skein::orphan_writer {
 public:
  explicit errant_writer(const rejoin_settings& how)
      : how_(how), member_(wire(how, how.address)), leader_(wire(how, how.leader_address)) {}

  result<kept_orphans> keep() override;

 private:
  static wire_settings wire(const rejoin_settings& how, const member_address& at) {
    return {.address = at,
            .tls = how.tls,
            .who = how.who,
            .application = "skein rejoin",
            .timeout = how.timeout};
  }

  result<status_row> look(wire_session& at);
  result<errant_transactions> compare();
  result<log_range> find_range(errant_transactions wanted);
  result<bool> holds_the_first(const std::string& file, const gtid_set& wanted);
  result<fs::path> below() const;
  result<kept_orphans> write_out(const log_range& range, const fs::path& into);
  std::string explanation(const log_range& range, const printed_transactions& printed) const;
  log_source source() const {
    return {.of = member_.which(), .address = how_.address, .tls = how_.tls, .who = how_.who};
  }
  std::unexpected<error> not_written(const log_range& range, const error& why) const;

  const rejoin_settings how_;
  wire_session member_;
  wire_session leader_;
  status_row state_ = {};  // of the member
};

std::string mark_of(const errant_transactions& which) {
  return "GTIDs " + which.text;
}

result<status_row> errant_writer::look(wire_session& at) {
  if (auto known = at.ask("select 1"); !known) return std::unexpected(std::move(known.error()));
  auto told = at.ask(at.which() == flavour::mysql ? state_of_mysql : state_of_mariadb);
  if (!told) return std::unexpected(std::move(told.error()));
  if (told->rows.empty())
    return failure(error_kind::protocol, fault::server,
                   to_string(how_.address) + " does not say what it has");
  return std::move(told->rows.front());
}

// The member is asked first: one that follows has nothing that who leads has not by then.
result<errant_transactions> errant_writer::compare() {
  auto mine = look(member_);
  if (!mine) return std::unexpected(std::move(mine.error()));
  const auto theirs = look(leader_);
  if (!theirs) return std::unexpected(theirs.error());
  state_ = *std::move(mine);
  if (member_.which() != leader_.which())
    return failure(error_kind::unsupported, fault::us,
                   how_.member + " and " + how_.leader + " are not of one kind");
  const auto unknown = [&] {
    return failure(error_kind::protocol, fault::server,
                   "the GTIDs of " + how_.member + " and " + how_.leader + " cannot be read");
  };
  if (member_.which() == flavour::mysql) {
    const auto has = gtid_set::parse(value_of(state_, "executed"));
    const auto other = gtid_set::parse(value_of(*theirs, "executed"));
    if (!has || !other) return unknown();
    return errant_in(*has, *other);
  }
  const auto has = domain_log::parse(value_of(state_, "logged"), value_of(state_, "taken"));
  const auto other = domain_log::parse(value_of(*theirs, "logged"), value_of(*theirs, "taken"));
  if (!has || !other) return unknown();
  return errant_in(*has, *other);
}

// Whether none of them stands in a file before that one.
result<bool> errant_writer::holds_the_first(const std::string& file, const gtid_set& wanted) {
  std::string name;
  for (const char each : file)
    name += each == '\'' || each == '\\' ? std::string{'\\', each} : std::string(1, each);
  const auto told = member_.ask("show binlog events in '" + name + "' limit 4");
  if (!told) return std::unexpected(told.error());
  for (const auto& row : told->rows) {
    if (value_of(row, "event_type") != "Previous_gtids") continue;
    const auto before = gtid_set::parse(value_of(row, "info"));
    if (!before) return false;
    gtid_set left = wanted;
    left.subtract(*before);
    return left == wanted;
  }
  return false;
}

// MariaDB finds the file itself; in MySQL's log nothing but the files in which they are is read.
result<log_range> errant_writer::find_range(errant_transactions wanted) {
  const auto told = member_.ask("show binary logs");
  if (!told) return std::unexpected(told.error());
  log_range out{.wanted = std::move(wanted)};
  for (const auto& row : told->rows) out.files.emplace_back(value_of(row, "log_name"));
  if (member_.which() != flavour::mysql) return out;
  for (std::size_t i = out.files.size(); i-- > 0;) {
    const auto first = holds_the_first(out.files[i], out.wanted.set);
    if (!first) return std::unexpected(first.error());
    if (!*first) continue;
    out.files.erase(out.files.begin(), out.files.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  return out;
}

result<fs::path> errant_writer::below() const {
  if (!how_.orphans.empty()) return how_.orphans;
  fs::path data = how_.data_directory;
  std::error_code failed;
  if (data.empty()) {
    data = std::string(value_of(state_, "data"));
    if (data.empty() || !fs::is_directory(data, failed))
      return failure(error_kind::unsupported, fault::us,
                     "name a folder for them, as `orphans` of " + how_.member + " in the settings");
  }
  std::string beside = data.string();
  while (beside.size() > 1 && beside.ends_with('/')) beside.pop_back();
  return beside + ".orphans";
}

std::unexpected<error> errant_writer::not_written(const log_range& range, const error& why) const {
  std::string text = range.wanted.text + " is on " + how_.member +
                     " alone, and its rows are not written out: " + why.text_for_client;
  if (!range.files.empty())
    text += "; a person reads them by: " + command_for_person(source(), range);
  return failure(why.kind, why.whose, std::move(text));
}

std::string errant_writer::explanation(const log_range& range,
                                       const printed_transactions& printed) const {
  const std::string lacking = printed.lacking();
  return kept_heading(how_.member, how_.leader) + mark_of(range.wanted) + "\n\n" +
         transactions_in_words(printed.count()) + " were committed on " + how_.member + " alone" +
         (lacking.empty() ? "" : ", and others of which its log has no more: " + lacking) +
         ".\n\nrows.txt    what its binary log says of them, with their rows\n\n"
         "To read it again, as long as " +
         how_.member + " has its log:\n\n  " + command_for_person(source(), range) +
         "\n\nIts columns are numbered (@1 is the first), as the log has no names of them. Nothing "
         "here is read by\nSkein again: when you have what you need, delete this folder.\n";
}

printed_transactions read_printed(const fs::path& file, flavour of,
                                  const errant_transactions& wanted) {
  printed_transactions out(of, wanted);
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) out.take(line);
  return out;
}

result<kept_orphans> errant_writer::write_out(const log_range& range, const fs::path& into) {
  const auto tool = binlog_tool::find(
      source().of, value_of(state_, "programs").empty()
                       ? fs::path()
                       : fs::path(std::string(value_of(state_, "programs"))) / "bin");
  if (!tool) return std::unexpected(tool.error());
  auto made = orphan_folder::begin(into, how_.member);
  if (!made) return std::unexpected(std::move(made.error()));
  const fs::path rows = made->part() / "rows.txt";
  if (auto done = tool->print(source(), range, rows); !done)
    return std::unexpected(std::move(done.error()));
  const auto printed = read_printed(rows, source().of, range.wanted);
  if (printed.count() == 0)
    return failure(error_kind::unavailable, fault::server, "its binary log has them no more");
  auto whole = made->finish(explanation(range, printed));
  if (!whole) return std::unexpected(std::move(whole.error()));
  return kept_orphans{.transactions = printed.count(),
                      .counted = printed.lacking().empty(),
                      .folder = *std::move(whole),
                      .names = range.wanted.text};
}

result<kept_orphans> errant_writer::keep() {
  auto found = compare();
  if (!found) return std::unexpected(std::move(found.error()));
  if (!found->any()) return kept_orphans{.counted = true};
  const auto into = below();
  if (!into) return not_written({.wanted = *found}, into.error());
  const fs::path before = kept_before(*into, mark_of(*found));
  if (!before.empty()) {
    const auto printed = read_printed(before / "rows.txt", source().of, *found);
    return kept_orphans{.transactions = printed.count(),
                        .counted = printed.lacking().empty(),
                        .folder = before,
                        .names = found->text};
  }
  const auto range = find_range(*found);
  if (!range) return not_written({.wanted = *found}, range.error());
  auto kept = write_out(*range, *into);
  if (!kept) return not_written(*range, kept.error());
  return kept;
}

}  // namespace

std::unique_ptr<skein::orphan_writer> make_orphan_writer(const rejoin_settings& how) {
  return std::make_unique<errant_writer>(how);
}

}  // namespace skein::mysql
