// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <functional>
#include <memory>

#include "core/deleter.hpp"
#include "core/error.hpp"

namespace berth {

using DomainPtr = std::unique_ptr<virDomain, Deleter<virDomainFree>>;
using NetworkPtr = std::unique_ptr<virNetwork, Deleter<virNetworkFree>>;
using SecretPtr = std::unique_ptr<virSecret, Deleter<virSecretFree>>;
using ConnectPtr = std::shared_ptr<virConnect>;
/// What libvirt's functions that return text or arrays leave to the caller.
template <class T>
using VirAllocated = std::unique_ptr<T, Deleter<std::free>>;

/// Gives a connection that lives, a new one when libvirtd was restarted; `libvirt_failed` when there is none. Asked
/// before every use, from any thread.
using LibvirtProvider = std::function<Result<ConnectPtr>()>;

}  // namespace berth
