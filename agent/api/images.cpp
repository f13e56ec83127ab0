// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/images.hpp"

#include <algorithm>
#include <array>

#include "agent/api/answer.hpp"
#include "agent/api/json.hpp"
#include "agent/api/upload.hpp"
#include "agent/images.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

constexpr std::size_t usual_page = 100, most_in_a_page = 200;
constexpr std::array<std::string_view, 3> formats{"qcow2", "raw", "bundle"};

Error wrong(const char* parameter, const char* message) {
  return {Code::invalid_field, message, {{"field", parameter}}};
}

struct ImportRequest {
  std::string name, format, sha256;
};

Result<ImportRequest> import_request(ApiQuery& query) {
  const auto name = query.text("name");
  if (!name) return std::unexpected(wrong("name", "is missing"));
  const auto format = query.text("format");
  if (!format || std::ranges::find(formats, *format) == formats.end())
    return std::unexpected(wrong("format", "must be qcow2, raw or bundle"));
  const auto sha256 = TRY(query.parsed("sha256", ImageId::parse));
  TRY(query.done());
  auto label = TRY(parse_image_label(*name, "name"));
  return ImportRequest{std::move(label), *format, sha256 ? sha256->str() : ""};
}

Result<HttpAnswer> import(Images& images, ApiCall& call) {
  const auto request = TRY(import_request(call.query));
  const auto image = TRY(pass_upload(
      *call.http.upload, [&](int fd) { return images.import(fd, request.name, request.format, request.sha256); }));
  auto answer = json_answer(201, to_json(image));
  answer.headers.emplace_back("Location", "/api/v1/images/" + image.id.str());
  return answer;
}

Result<HttpAnswer> list(Images& images, ApiCall& call) {
  const auto after = call.query.text("after");
  const auto limit = TRY(call.query.number("limit", 1, most_in_a_page));
  TRY(call.query.done());
  const auto all = TRY(images.list());
  auto items = nlohmann::json::array();
  nlohmann::json next;
  for (const auto& image : all) {
    if (after && image.name <= *after) continue;
    if (items.size() == limit.value_or(usual_page)) {
      next = items.back()["name"];
      break;
    }
    items.push_back(to_json(image));
  }
  return json_answer(200, {{"items", std::move(items)}, {"next", std::move(next)}});
}

Result<HttpAnswer> get(Images& images, ApiCall& call) {
  TRY(call.query.done());
  const auto& wanted = call.arguments.at(0);
  const auto all = TRY(images.list());
  const auto found =
      std::ranges::find_if(all, [&](const auto& image) { return image.name == wanted || image.id.str() == wanted; });
  if (found == all.end()) return std::unexpected(Error{Code::not_found, "there is no such image", {{"image", wanted}}});
  return json_answer(200, to_json(*found));
}

Result<HttpAnswer> remove(Images& images, ApiCall& call) {
  TRY(call.query.done());
  TRY(images.remove(call.arguments.at(0)));
  return HttpAnswer{.status = 204};
}

}  // namespace

std::vector<ApiRoute> image_routes(Images& images) {
  const auto with = [&images](auto action) {
    return [&images, action](ApiCall& call) { return action(images, call); };
  };
  return {
      {.method = "GET", .pattern = "/api/v1/images", .action = with(list), .from_store = true},
      {.method = "POST", .pattern = "/api/v1/images", .action = with(import), .lane = Lane::upload, .has_body = true},
      {.method = "GET", .pattern = "/api/v1/images/{image}", .action = with(get), .from_store = true},
      {.method = "DELETE", .pattern = "/api/v1/images/{image}", .action = with(remove), .asks_host = true},
  };
}

}  // namespace berth::agent
