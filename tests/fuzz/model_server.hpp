// A server of few words for the fuzz target of pooled conversations: prepared statements, portals,
// transactions and errors by PostgreSQL's rules, texts of a few words, statements of SQL on
// prepared statements among them. What it answers is known for any sequence of messages, so that a
// client can be compared with one that has a server of its own.
#pragma once

#include <map>
#include <set>
#include <string>

#include "backends/postgres/message.hpp"

namespace fuzz {

class model_server {
 public:
  // Whole messages; returns the replies, SQLSTATE alone in errors.
  std::string hear(std::string_view messages);
  char status() const { return status_; }
  bool skipping() const { return skipping_; }

 private:
  void take(char type, skein::postgres::field_reader body);
  void parse(const std::string& name, const std::string& text);
  void bind(const std::string& portal, const std::string& name);
  void describe(bool statement, const std::string& name);
  void execute(const std::string& portal);
  void query(const std::string& text);
  bool run(const std::string& text, int depth = 0);
  void run_all(std::string_view texts);
  bool prepare(const std::string& text);
  bool allowed(const std::string& text) const { return status_ != 'E' || ends_block(text); }
  static bool is_on_statements(const std::string& text) {
    return text.starts_with("prepare ") || text.starts_with("execute ") ||
           text.starts_with("deallocate ");
  }
  static bool ends_block(const std::string& text) { return text == "commit" || text == "rollback"; }
  void say(char type, std::string_view body = {});
  void fail(std::string_view state);
  void ready();

  std::map<std::string, std::string> statements_ = {};
  std::map<std::string, std::string> portals_ = {};
  std::string said_ = {};
  std::string tag_ = {};
  char status_ = 'I';
  bool failed_ = false;
  bool skipping_ = false;
};

inline std::string model_server::hear(std::string_view messages) {
  said_.clear();
  while (messages.size() >= 5) {
    const auto bytes = std::as_bytes(std::span(messages));
    const std::size_t size = 1 + skein::postgres::load_u32(bytes.data() + 1);
    take(messages[0], skein::postgres::field_reader(bytes.subspan(5, size - 5)));
    messages.remove_prefix(size);
  }
  return said_;
}

inline void model_server::take(char type, skein::postgres::field_reader body) {
  if (type == 'S') {
    skipping_ = false;
    return ready();
  }
  if (skipping_) return;
  switch (type) {
    case 'Q':
      return query(std::string(body.text()));
    case 'P': {
      const std::string name(body.text());
      return parse(name, std::string(body.text()));
    }
    case 'B': {
      const std::string portal(body.text());
      return bind(portal, std::string(body.text()));
    }
    case 'D': {
      const bool statement = body.byte() == 'S';
      return describe(statement, std::string(body.text()));
    }
    case 'C': {
      const bool statement = body.byte() == 'S';
      (statement ? statements_ : portals_).erase(std::string(body.text()));
      return say('3');
    }
    case 'E':
      return execute(std::string(body.text()));
    default:
      return;
  }
}

inline void model_server::parse(const std::string& name, const std::string& text) {
  if (name.empty()) statements_.erase(name);
  if (text == "broken") return fail("42601");
  if (!allowed(text)) return fail("25P02");
  if (!statements_.emplace(name, text).second) return fail("42P05");
  say('1');
}

inline void model_server::bind(const std::string& portal, const std::string& name) {
  const auto found = statements_.find(name);
  if (found == statements_.end()) return fail("26000");
  if (!allowed(found->second)) return fail("25P02");
  if (portal.empty()) portals_.erase(portal);
  if (!portals_.emplace(portal, found->second).second) return fail("42P03");
  say('2');
}

inline void model_server::describe(bool statement, const std::string& name) {
  const auto& all = statement ? statements_ : portals_;
  const auto found = all.find(name);
  if (found == all.end()) return fail(statement ? "26000" : "34000");
  if (!allowed(found->second)) return fail("25P02");
  if (statement) say('t');
  say('n');
}

inline void model_server::execute(const std::string& portal) {
  const auto found = portals_.find(portal);
  if (found == portals_.end()) return fail("34000");
  const std::string text = found->second;
  if (!allowed(text)) return fail("25P02");
  if (text == "done") return fail("55000");
  if (is_on_statements(text)) found->second = "done";
  if (run(text)) say('C', tag_);
}

inline void model_server::query(const std::string& text) {
  statements_.erase(std::string());
  if (text == "broken") {
    fail("42601");
  } else if (!allowed(text)) {
    fail("25P02");
  } else {
    run_all(text);
  }
  skipping_ = false;
  ready();
}

// One statement behind the other, to the first that fails.
inline void model_server::run_all(std::string_view texts) {
  for (;;) {
    const std::size_t end = texts.find("; ");
    if (!run(std::string(texts.substr(0, end)))) return;
    say('C', tag_);
    if (end == texts.npos) return;
    texts.remove_prefix(end + 2);
  }
}

// PREPARE name AS text
inline bool model_server::prepare(const std::string& text) {
  const std::size_t name = 8;
  const std::size_t end = text.find(" as ");
  const std::string query = text.substr(end + 4);
  if (query == "broken") return fail("42601"), false;
  if (!statements_.emplace(text.substr(name, end - name), query).second)
    return fail("42P05"), false;
  tag_ = "PREPARE";
  return true;
}

inline bool model_server::run(const std::string& text, int depth) {
  if (text.starts_with("prepare ")) return prepare(text);
  if (text == "deallocate all") {
    statements_.clear();
    tag_ = "DEALLOCATE ALL";
    return true;
  }
  if (text.starts_with("deallocate ")) {
    if (statements_.erase(text.substr(11)) == 0) return fail("26000"), false;
    tag_ = "DEALLOCATE";
    return true;
  }
  if (text.starts_with("execute ")) {
    const auto found = statements_.find(text.substr(8));
    if (found == statements_.end() || depth > 3) return fail("26000"), false;
    return run(found->second, depth + 1);
  }
  tag_ = text;
  if (text == "select 1/0") return fail("22012"), false;
  if (text == "begin") status_ = 'T';
  if (ends_block(text)) {
    status_ = 'I';
    portals_.clear();
  }
  return true;
}

inline void model_server::ready() {
  if (status_ == 'I') portals_.clear();
  failed_ = false;
  say('Z', std::string_view(&status_, 1));
}

inline void model_server::fail(std::string_view state) {
  say('E', "C" + std::string(state) + '\0' + '\0');
  if (status_ == 'T') status_ = 'E';
  portals_.clear();
  skipping_ = true;
}

inline void model_server::say(char type, std::string_view body) {
  skein::postgres::message_writer out(said_);
  out.begin(type).raw(body);
  if (type == 'C') out.byte('\0');
  out.end();
}

}  // namespace fuzz
