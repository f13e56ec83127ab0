// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace berth {

Secret::Secret(std::size_t size) : data_(nullptr), size_(size) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
  sodium_memzero(data_, size_);
}

Secret Secret::random(std::size_t size) {
  Secret secret(size);
  randombytes_buf(secret.data_, size);
  return secret;
}

Secret Secret::taking(std::span<std::uint8_t> source) {
  Secret secret(source.size());
  std::ranges::copy(source, secret.data_);
  sodium_memzero(source.data(), source.size());
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  sodium_free(data_);
}

}  // namespace berth
