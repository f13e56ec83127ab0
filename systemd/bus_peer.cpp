// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/bus_peer.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace berth::bus {
namespace {

void refuse(sd_bus_message* call, const Error& error) {
  const auto name = error_name(error.code);
  const auto text = error_text(error);
  const sd_bus_error answer{name.c_str(), text.c_str(), 0};
  (void)sd_bus_reply_method_error(call, &answer);  // a peer that is gone by now needs no answer
}

Result<Fd> read_file(sd_bus_message* message) {
  int borrowed = -1;
  if (const int r = sd_bus_message_read_basic(message, 'h', &borrowed); r < 0)
    return std::unexpected(failed(Code::malformed_request, "cannot read a call's descriptor", r));
  Fd own(fcntl(borrowed, F_DUPFD_CLOEXEC, 3));
  if (!own) return std::unexpected(failed(Code::internal, "cannot keep a call's descriptor", -errno));
  return own;
}

}  // namespace

Result<std::unique_ptr<Peer>> Peer::serve(Fd connection, sd_event* loop, const Methods& methods,
                                          const BusServer::Limits& limits, Callbacks callbacks) {
  std::unique_ptr<Peer> peer(new Peer(methods, limits, std::move(callbacks)));
  sd_bus* bus = nullptr;
  sd_id128_t id{};
  int r = sd_bus_new(&bus);
  peer->bus_.reset(bus);
  if (r >= 0) r = sd_id128_randomize(&id);
  if (r >= 0) r = sd_bus_set_server(bus, 1, id);
  if (r >= 0) r = sd_bus_negotiate_fds(bus, 1);
  if (r >= 0) r = sd_bus_set_fd(bus, connection.get(), connection.get());
  if (r >= 0) connection.release();
  if (r >= 0) r = sd_bus_add_filter(bus, nullptr, on_message, peer.get());
  if (r >= 0) r = sd_bus_attach_event(bus, loop, SD_EVENT_PRIORITY_NORMAL);
  if (r >= 0) r = sd_bus_start(bus);
  if (r < 0) return std::unexpected(failed(Code::internal, "cannot serve a connection of the bus", r));
  return peer;
}

int Peer::on_message(sd_bus_message* message, void* self, sd_bus_error*) {
  return static_cast<Peer*>(self)->receive(message);
}

/// 1: done with it; 0: sd-bus answers (pings, and the error for what is not ours).
int Peer::receive(sd_bus_message* message) {
  if (ended_) return 1;
  if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected") > 0) {
    end("");
    return 1;
  }
  std::uint64_t unread = 0;
  if (sd_bus_get_n_queued_write(bus_.get(), &unread) < 0 || unread > limits_.unread) {
    end("it does not fetch its answers");
    return 1;
  }
  if (sd_bus_message_is_method_call(message, interface, nullptr) <= 0) return 0;
  const char* place = sd_bus_message_get_path(message);
  if (place == nullptr || std::strcmp(place, path) != 0) return 0;
  if (sd_bus_message_is_method_call(message, interface, subscribe) > 0) {
    subscribed_ = true;
    (void)sd_bus_reply_method_return(message, "s", "");
    return 1;
  }
  const auto method = methods_.find(sd_bus_message_get_member(message));
  if (method == methods_.end()) return 0;
  begin(message, method->second);
  return 1;
}

void Peer::begin(sd_bus_message* message, const Method& method) {
  if (calls_.size() >= limits_.calls) return end("it makes too many calls at once");
  auto call = read(message, method);
  if (!call && call.error().code == Code::too_large) return end("it sends too large a call");
  if (!call) return refuse(message, call.error());
  const auto number = ++last_;
  calls_.emplace(number, MessagePtr(sd_bus_message_ref(message)));
  callbacks_.called(number, method.handler, std::move(*call));
}

Result<Call> Peer::read(sd_bus_message* message, const Method& method) const {
  if (sd_bus_message_has_signature(message, method.signature().c_str()) <= 0)
    return std::unexpected(Error{Code::malformed_request,
                                 "a call with the wrong kinds of arguments",
                                 {{"method", sd_bus_message_get_member(message)}, {"expected", method.signature()}}});
  Call call;
  if (method.takes_file) call.file = TRY(read_file(message));
  std::size_t size = 0;
  for (std::size_t i = 0; i < method.arguments; ++i) {
    const char* text = nullptr;
    if (const int r = sd_bus_message_read_basic(message, 's', &text); r < 0)
      return std::unexpected(failed(Code::malformed_request, "cannot read a call's arguments", r));
    size += std::strlen(text);
    if (size > limits_.message) return std::unexpected(Error{Code::too_large, "a call's arguments are too large"});
    call.arguments.emplace_back(text);
  }
  return call;
}

void Peer::answer(std::uint64_t number, const Result<std::string>& result) {
  const auto call = calls_.extract(number);
  if (call.empty()) return;
  if (!result) return refuse(call.mapped().get(), result.error());
  const int r = sd_bus_reply_method_return(call.mapped().get(), "s", result->c_str());
  if (r == -EINVAL) refuse(call.mapped().get(), {Code::internal, "a result that is not UTF-8"});
}

void Peer::signal(const std::string& name, const std::vector<std::string>& arguments) {
  if (!subscribed_ || ended_) return;
  sd_bus_message* raw = nullptr;
  int r = sd_bus_message_new_signal(bus_.get(), &raw, path, interface, name.c_str());
  const MessagePtr message(raw);
  for (const auto& argument : arguments)
    if (r >= 0) r = sd_bus_message_append_basic(raw, 's', argument.c_str());
  if (r >= 0) r = sd_bus_send(bus_.get(), raw, nullptr);
  std::uint64_t unread = 0;
  if (r < 0) return end("a signal cannot be sent");
  if (sd_bus_get_n_queued_write(bus_.get(), &unread) >= 0 && unread > limits_.unread)
    end("it does not fetch its signals");
}

void Peer::end(const std::string& why) {
  if (std::exchange(ended_, true)) return;
  callbacks_.ended(why);
}

}  // namespace berth::bus
