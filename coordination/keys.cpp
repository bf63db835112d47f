#include "coordination/keys.hpp"

namespace skein::coordination {

namespace {

template <typename Value>
noted<Value> note(std::expected<Value, bad_record> value, const key_value& from) {
  return {std::move(value), from.created, from.changed, from.lease};
}

}  // namespace

picture picture_of(const range_answer& read, const cluster_keys& keys) {
  picture made;
  made.revision = read.header.revision;
  made.term = read.header.term;
  for (const key_value& each : read.found) {
    if (each.key == keys.lead) {
      made.lead = note(read_lead_record(each.value), each);
    } else if (each.key == keys.decider) {
      made.decider = note<std::string>(each.value, each);
    } else if (each.key.starts_with(keys.present)) {
      made.present.emplace(each.key.substr(keys.present.size()),
                           note(read_presence(each.value), each));
    }  // else a newer Skein's
  }
  return made;
}

}  // namespace skein::coordination
