// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "cli/answers.hpp"
#include "cli/context.hpp"

namespace berth::cli {

/// The session that a person means by an id or a name, as the API gives it. A name means a session of the user that was
/// asked for (--user, $BERTH_USER); where none was asked for, the caller's own, and for root also the only one of that
/// name. Else the failure lists the candidates. Names are checked before anything is sent.
Outcome<nlohmann::json> find_session(const Context& context, const std::string& name_or_id);

/// Which of several sessions of one name is meant; pure. `asked`: only that user's were looked for.
Outcome<std::size_t> choose_session(std::span<const Session> found, const std::string& name, const std::string& user,
                                    bool asked);

/// "berth ssh web --user alice": a command about a session, as this caller can type it.
std::string hint(const Context& context, std::string_view command, const std::string& name);

/// All items of a paged list, as one `{"items": […], "next": null}`.
Outcome<nlohmann::json> whole_list(const Api& api, Request request);

}  // namespace berth::cli
