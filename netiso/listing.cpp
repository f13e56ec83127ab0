// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/listing.hpp"

#include <algorithm>

#include "core/json.hpp"

namespace berth {
namespace {

using nlohmann::json;

/// A value, the parts of a concatenation, or what an "elem" with a comment wraps.
void append_columns(const json& value, std::vector<std::string>& columns) {
  if (value.is_object() && value.contains("concat"))
    for (const auto& part : value["concat"]) append_columns(part, columns);
  else
    columns.push_back(value.is_string() ? value.get<std::string>() : value.dump());
}

Element parse_element(const ElementSet& set, const json& item) {
  const bool has_data = item.is_array();
  const json& key = has_data ? item.at(0) : item;
  const bool wrapped = key.is_object() && key.contains("elem");
  Element element{&set, {}, wrapped ? key["elem"].value("comment", "") : ""};
  append_columns(wrapped ? key["elem"].at("val") : key, element.columns);
  if (has_data) append_columns(item.at(1), element.columns);
  return element;
}

const ElementSet* set_of(const json& body) {
  const auto& sets = element_sets();
  const auto found = std::ranges::find_if(sets, [&](const ElementSet& set) {
    return body.value("family", "") == set.family && body.value("name", "") == set.name;
  });
  return found == sets.end() ? nullptr : &*found;
}

std::size_t columns_of(const ElementSet& set) {
  return static_cast<std::size_t>(std::ranges::count_if(set.type, [](char c) { return c == '.' || c == ':'; })) + 1;
}

Result<void> read_object(json& object, Listing& listing) {
  for (auto& [what, body] : object.items()) {
    if (what == "metainfo") return {};
    if (const auto* set = set_of(body); set != nullptr && body.contains("elem"))
      for (const auto& item : body["elem"]) {
        listing.elements.push_back(parse_element(*set, item));
        if (listing.elements.back().columns.size() != columns_of(*set))
          return std::unexpected(Error{Code::firewall_failed,
                                       "a set of the firewall holds what is not Berth's",
                                       {{"set", std::string(set->name)}, {"element", dump_json(item)}}});
      }
    body.erase("elem");
    body.erase("handle");
  }
  listing.rules += dump_json(object) + "\n";
  return {};
}

}  // namespace

Result<void> read_listing(std::string_view printed, Listing& listing) {
  auto table = TRY(parse_json(printed));
  try {
    for (auto& object : table.at("nftables")) TRY(read_object(object, listing));
  } catch (const json::exception& fault) {
    return std::unexpected(
        Error{Code::firewall_failed, "nft's listing has another form than expected", {{"reason", fault.what()}}});
  }
  return {};
}

}  // namespace berth
