#include "conf/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

namespace skein::conf {
namespace {

// Far beyond any real file, and small enough that neither recursion nor memory can hurt.
constexpr std::size_t depth_max = 32;
constexpr std::size_t weight_max = 200'000;

struct refusal {
  syntax_error why;
};

mark position(const YAML::Mark& at) {
  return at.is_null() ? mark{} : mark{at.line + 1, at.column + 1};
}

class tree_builder final : public YAML::EventHandler {
 public:
  std::shared_ptr<const node> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& at) override {
    if (root_) throw refusal{{position(at), "begins a second document; one file holds one"}};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    // yaml-cpp notices an empty value only at the next token: the key is what a person looks for.
    const bool is_value = !open_.empty() && open_.back().what->kind == node_kind::map &&
                          open_.back().what->items.size() % 2 == 1;
    const mark where = is_value ? open_.back().what->items.back()->where : position(at);
    add(std::make_shared<node>(node{.where = where}), anchor);
  }

  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(at, tag);
    // yaml-cpp marks a plain scalar by the tag "?", a quoted one by "!".
    add(std::make_shared<node>(node{
            .kind = node_kind::scalar, .where = position(at), .plain = tag == "?", .text = value}),
        anchor);
  }

  void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw refusal{{position(at), "this alias stands inside of what it refers to"}};
    }
    add(known->second, 0);
  }

  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(at, tag, anchor, node_kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(at, tag, anchor, node_kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct unfinished {
    std::shared_ptr<node> what;
    YAML::anchor_t anchor;
  };

  static void refuse_tag(const YAML::Mark& at, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw refusal{
        {position(at),
         "tags such as '!!str' are not used here; text that begins with '!' needs quotes"}};
  }

  void open(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, node_kind kind) {
    refuse_tag(at, tag);
    if (open_.size() >= depth_max) {
      throw refusal{
          {position(at), "is nested deeper than " + std::to_string(depth_max) + " levels"}};
    }
    open_.push_back({std::make_shared<node>(node{.kind = kind, .where = position(at)}), anchor});
  }

  void close() {
    unfinished done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.what), done.anchor);
  }

  void add(std::shared_ptr<const node> what, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = what;
    if (open_.empty()) {
      root_ = std::move(what);
      return;
    }
    node& parent = *open_.back().what;
    parent.weight += what->weight;
    if (parent.weight > weight_max) {
      throw refusal{{parent.where, "holds more than " + std::to_string(weight_max) +
                                       " values once its aliases are unfolded"}};
    }
    parent.items.push_back(std::move(what));
  }

  std::shared_ptr<const node> root_;
  std::vector<unfinished> open_;
  std::map<YAML::anchor_t, std::shared_ptr<const node>> anchors_;
};

bool is_indented_by_tab(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line) {
    const auto end = text.find('\n');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find_first_not_of(" \t")).contains('\t');
}

std::string reason(const YAML::Exception& failed, std::string_view text, mark where) {
  if (is_indented_by_tab(text, where.line)) return "lines are indented by spaces, never by tabs";
  // yaml-cpp would repeat the alias, which may be a password that happens to begin with '*'.
  if (failed.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return "'*' begins an alias, and it names no anchor; text that begins with '*' needs quotes";
  }
  return failed.msg;
}

}  // namespace

std::expected<std::shared_ptr<const node>, syntax_error> parse_document(std::string_view text) {
  std::istringstream in{std::string(text)};
  tree_builder builder;
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const refusal& refused) {
    return std::unexpected(refused.why);
  } catch (const YAML::Exception& failed) {
    const mark where = position(failed.mark);
    return std::unexpected(syntax_error{where, "is not YAML: " + reason(failed, text, where)});
  }
  if (!builder.root()) return std::make_shared<const node>();
  return builder.root();
}

}  // namespace skein::conf
