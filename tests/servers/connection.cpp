#include "tests/servers/connection.hpp"

namespace skein::servers {

reply connection::ask(const std::string& sql, milliseconds deadline) {
  send(sql);
  return finish(deadline);
}

std::string connection::value(const std::string& sql) {
  const reply told = ask(sql);
  if (!told.ok()) return told.text;
  if (told.lines.empty() || told.lines[0].empty()) return "no value";
  return told.lines[0][0].value_or("null");
}

std::unique_ptr<connection> connect(engine which, const destination& where) {
  return which == engine::postgres ? postgres::connect(where) : mysql::connect(where);
}

std::string admission_failure(engine which, const destination& where) {
  try {
    connect(which, where);
    return "";
  } catch (const not_admitted& why) {
    return why.code + ": " + why.what();
  }
}

std::vector<named_row> named_rows(const reply& told) {
  std::vector<named_row> all;
  for (const row& line : told.lines) {
    auto& one = all.emplace_back();
    for (std::size_t i = 0; i < told.columns.size() && i < line.size(); ++i)
      one[told.columns[i]] = line[i].value_or("");
  }
  return all;
}

std::vector<named_row> named_rows(const reply& told, const std::string& column,
                                  const std::string& value) {
  auto all = named_rows(told);
  std::erase_if(all, [&](named_row& each) { return each[column] != value; });
  return all;
}

}  // namespace skein::servers
