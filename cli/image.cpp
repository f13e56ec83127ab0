// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "cli/command.hpp"
#include "cli/image_format.hpp"
#include "cli/lookup.hpp"
#include "cli/progress.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"
#include "cli/utf8.hpp"
#include "core/fd.hpp"
#include "core/image_id.hpp"
#include "core/label.hpp"

namespace berth::cli {
namespace {

constexpr std::array<Option, 3> import_options{{
    {"name", "NAME", "what the image is called from now on; needed"},
    {"sha256", "SUM", "64 hexadecimal digits; the import fails when the file has another"},
    {"format", "FORMAT", "qcow2, raw or bundle; else by the file's ending .qcow2, .raw or .img, .tar"},
}};

struct Source {
  Fd fd;
  std::uint64_t size = 0;
};

Outcome<Source> open_image(const std::string& file) {
  Source source{Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
  struct stat info {};
  const bool opened = source.fd && fstat(source.fd.get(), &info) == 0;
  if (!opened || !S_ISREG(info.st_mode)) {
    const bool missing = !opened && errno == ENOENT;
    Failure failure(missing ? Exit::not_found : Exit::usage, "cannot read the image file");
    const char* reason =
        opened ? "not a regular file" : std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
    failure.error.details = {{"file", file}, {"reason", reason}};
    return std::unexpected(std::move(failure));
  }
  source.size = static_cast<std::uint64_t>(info.st_size);
  return source;
}

Outcome<Pairs> import_query(const Arguments& arguments) {
  const auto name = arguments.value("name");
  if (!name) return std::unexpected(Failure(Exit::usage, "--name is missing"));
  Pairs query{{"name", TRY(parse_image_label(*name, "--name"))}};
  query.emplace_back("format", TRY(image_format(arguments.words()[0], arguments.value("format"))));
  if (const auto sum = arguments.value("sha256")) {
    const auto id = ImageId::parse(*sum);
    if (!id) return std::unexpected(Failure(Exit::usage, "--sha256 must be 64 lower-case hexadecimal digits"));
    query.emplace_back("sha256", id->str());
  }
  return query;
}

/// "sending", then, when all is sent, what the agent does with it.
Step sending(std::uint64_t sent, std::uint64_t size) {
  if (sent >= size) return {"checking and storing", 0, 0};
  return {fmt::format("sending {}", size_text(size)), 0, 0, fmt::format("{} %", sent * 100 / size)};
}

Outcome<Exit> import(const Context& context) {
  Request request{
      .method = "POST", .path = {"images"}, .query = TRY(import_query(context.arguments)), .repeatable = false};
  const auto source = TRY(open_image(context.arguments.words()[0]));
  const auto answer = [&]() -> Outcome<nlohmann::json> {
    Progress progress(context.screen, style_of(context.screen, context.settings.quiet),
                      *context.arguments.value("name"));
    progress.show(sending(0, source.size + 1));
    return context.api.upload(request, {source.fd.get(), source.size,
                                        [&](std::uint64_t sent) { progress.show(sending(sent, source.size)); }});
  }();
  const auto value = TRY(answer);
  if (context.settings.json) {
    context.screen.json(value);
    return Exit::ok;
  }
  const auto image = TRY(read_image(value));
  context.screen.out << fmt::format("{} is there ({}), {} on a machine's disk\n", printable(image.name),
                                    printable(image.id.substr(0, 12)), size_text(image.virtual_size));
  return Exit::ok;
}

Outcome<Exit> list(const Context& context) {
  const auto all = TRY(whole_list(context.api, {.method = "GET", .path = {"images"}}));
  if (context.settings.json) {
    context.screen.json(all);
    return Exit::ok;
  }
  Table table({"NAME", "SHA-256", "FILE", "DISK", "BOOT", "IMPORTED"});
  for (const auto& item : all["items"]) {
    const auto image = TRY(read_image(item));
    table.row({image.name, image.id.substr(0, 12), size_text(image.file_size), size_text(image.virtual_size),
               image.has_kernel ? "own kernel" : "firmware", relative_text(image.imported_at, context.clock.now())});
  }
  context.screen.out << (table.empty() ? "no images; `berth image import` brings one\n" : table.text(context.screen));
  return Exit::ok;
}

Outcome<Exit> remove(const Context& context) {
  const auto& word = context.arguments.words()[0];
  const auto id = ImageId::parse(word);
  const auto name = id ? id->str() : TRY(parse_image_label(word, "image"));
  const auto value = TRY(context.api.call({.method = "DELETE", .path = {"images", name}}));
  if (!context.settings.json)
    context.screen.out << fmt::format("{} is removed\n", name);
  else if (!value.is_null())
    context.screen.json(value);
  return Exit::ok;
}

}  // namespace

constinit const Command image_import_command{
    "image import",
    "FILE --name NAME [--sha256 SUM] [--format FORMAT]",
    "bring an image that sessions can be made from",
    "FILE is a disk as qcow2 or raw, or a bundle: a tar of kernel, initrd, cmdline and disk.raw or disk.qcow2. "
    "It is checked before it is taken. What it is must be said, by its ending or by --format; it is never guessed.",
    {.options = import_options, .least_words = 1, .most_words = 1},
    import};

constinit const Command image_list_command{"image list", "", "list images", "", {}, list};

constinit const Command image_remove_command{"image remove",
                                             "NAME|SHA-256",
                                             "remove an image that no session needs",
                                             "",
                                             {.options = {}, .least_words = 1, .most_words = 1},
                                             remove};

}  // namespace berth::cli
