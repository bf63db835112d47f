// One kind of database: the factory of everything that differs between kinds. backends/registry
// names them; no other folder does.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "backends/announcer.hpp"
#include "backends/console_talk.hpp"
#include "backends/conversation.hpp"
#include "backends/definitions.hpp"
#include "backends/directory.hpp"
#include "backends/grants.hpp"
#include "backends/login.hpp"
#include "backends/login_rules.hpp"
#include "backends/members.hpp"
#include "backends/rejoin.hpp"
#include "backends/roles.hpp"

namespace skein {

struct client_login_settings {
  tls_mode tls = tls_mode::disable;
  std::string endpoint_hash = {};  // of our own certificate, for channel binding
  bool unix_socket = false;        // a local client: TLS is not asked of it
  // Users are verified by passwords, whose keys are derived once: so an unknown one's are, too.
  bool derives_keys = true;
  std::span<const login_rule> rules = {};  // none: SCRAM, or as the user's credentials say
  network from = {};                       // where the client is
  std::string server_version = {};         // of who leads, by its own word; empty: not known yet
  std::uint32_t session_id = 0;            // by backend::names_sessions_early
};

struct server_login_settings {
  tls_mode tls = tls_mode::allow;
  credentials who = {};
  login_request request = {};
  bool unix_socket = false;
  std::string member = {};  // its name, for the words about what it does not accept
  compression compresses = compression::none;  // if the server can
};

class backend {
 public:
  virtual ~backend() = default;
  virtual std::string_view name() const = 0;
  virtual std::uint16_t default_port() const = 0;
  // Of a member whose address is a folder: where its socket is.
  virtual std::string socket_path(const member_address& address) const = 0;

  // Of what the settings have for a user's password: that, or what servers store in its stead. The
  // error is the rest of a sentence that begins with it.
  virtual std::expected<credentials, std::string> credentials_of(std::string user,
                                                                 std::string stored) const = 0;
  // Whether the connections to its servers can be compressed.
  virtual bool compresses() const { return false; }
  // Whether a client is told its session's number before it says who it is: a session is cancelled
  // by that number alone then, by who is the same user, and no secret goes with it.
  virtual bool names_sessions_early() const { return false; }
  virtual std::unique_ptr<client_login> receive_login(const client_login_settings& how) const = 0;
  // For a client that signs in again on its connection (conversation: `sign_in_again`), which was
  // `before`. Null: nobody can.
  virtual std::unique_ptr<client_login> receive_login_again(const client_login_settings& /*how*/,
                                                            const login_request& /*before*/,
                                                            const tls_facts& /*facts*/) const {
    return nullptr;
  }
  virtual std::unique_ptr<server_login> start_login(const server_login_settings& how) const = 0;
  // What of a client's request a server connection is opened with; all who share these can share
  // the connection.
  virtual login_request shared_request(pool_mode mode, const login_request& asked) const = 0;
  // `shares_announcements`: a session may listen by the action, else by a server of its own.
  virtual std::unique_ptr<core_memory> make_core_memory(bool shares_announcements) const = 0;
  virtual std::unique_ptr<server_memory> make_server_memory(const server_greeting& said) const = 0;
  virtual std::unique_ptr<conversation> start_conversation(pool_mode mode,
                                                           const login_request& asked,
                                                           core_memory& shared) const = 0;
  // Which setting of the client's request would have its commits acknowledged before followers have
  // them; empty: none.
  virtual std::string lowers_promise(const login_request& /*asked*/) const { return {}; }
  virtual std::unique_ptr<console_talk> start_console(const login_request& asked) const = 0;
  // What the client's program calls itself, by its request; empty: it does not say.
  virtual std::string application_of(const login_request& asked) const = 0;
  virtual std::unique_ptr<announcer> make_announcer() const = 0;
  // Cancels on a server what `key` names, over a connection of its own: the same exchange as a
  // login, `admitted` once the request is in the output. It has taken effect when the server
  // closes. `who` is the user of what is cancelled.
  virtual std::unique_ptr<server_login> start_cancel(const server_login_settings& how,
                                                     const cancel_key& key) const = 0;

  virtual std::unique_ptr<observer> start_observer(const observer_settings& how) const = 0;
  // Null: nobody can be asked what became of a commit.
  virtual std::unique_ptr<commit_inquiry> inquire_commits(const observer_settings& /*how*/) const {
    return nullptr;
  }
  virtual std::unique_ptr<role_changer> change_roles(const role_settings& how) const = 0;
  // Null: a server that has led follows when it is told to, and nothing is to be done by hand.
  virtual std::unique_ptr<rejoiner> prepare_rejoin(const rejoin_settings& /*how*/) const {
    return nullptr;
  }
  // Null: its rejoiner keeps what only one member has.
  virtual std::unique_ptr<orphan_writer> write_orphans(const rejoin_settings& /*how*/) const {
    return nullptr;
  }
  virtual std::unique_ptr<catalog_reader> open_catalog(const catalog_settings& how) const = 0;
  virtual std::unique_ptr<directory> open_directory(const directory_settings& how) const = 0;
  // What to run on the servers, as a person pastes it, with comments that say why.
  virtual std::string grants_for(grants_feature what, const grants_request& who) const = 0;
};

}  // namespace skein
