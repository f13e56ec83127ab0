"""Ethernet frames made by hand. Each ends with a token of its own, by which it is known where it arrives."""
import os
import socket
import struct

BROADCAST = "ff:ff:ff:ff:ff:ff"
IPV4, ARP, IPV6, VLAN, QINQ = 0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return socket.inet_aton(text)


def token():
    return os.urandom(16)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ether(source, target, kind, payload, tags=()):
    """`tags`: (type, VLAN) of each tag, the outermost first."""
    head = mac(target) + mac(source) + b"".join(struct.pack("!HH", t, vlan) for t, vlan in tags)
    return head + struct.pack("!H", kind) + payload


def ipv4(source, target, protocol, payload, fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0, ip(source), ip(target))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp(source, target, from_port, to_port, data):
    """An IPv4 packet; the UDP checksum 0 means none."""
    return ipv4(source, target, socket.IPPROTO_UDP, struct.pack("!HHHH", from_port, to_port, 8 + len(data), 0) + data)


def echo_request(source, target, data):
    body = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + data
    return ipv4(source, target, socket.IPPROTO_ICMP, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def arp(source_mac, source_ip, target_ip, data, operation=1, target_mac="00:00:00:00:00:00"):
    return struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, operation, mac(source_mac), ip(source_ip), mac(target_mac),
                       ip(target_ip)) + data


def tcp(source, target, from_port, to_port, flags, data):
    """With a sequence number and a checksum of no meaning."""
    head = struct.pack("!HHIIBBHHH", from_port, to_port, 1, 1, 5 << 4, flags, 1024, 0, 0)
    return ipv4(source, target, socket.IPPROTO_TCP, head + data)


def ipv6(protocol, make, source="fe80::be", target="ff02::1"):
    """`make(checksum)` gives what the packet carries."""
    source, target = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, target)
    size = len(make(0))
    body = make(checksum(source + target + struct.pack("!II", size, protocol) + make(0)))
    return struct.pack("!IHBB16s16s", 6 << 28, size, protocol, 255, source, target) + body


def router_advertisement(data):
    """With the token as an unknown option."""
    option = struct.pack("!BB", 200, 3) + data + bytes(6)
    return ipv6(socket.IPPROTO_ICMPV6, lambda check: struct.pack("!BBHBBHII", 134, 0, check, 64, 0, 1800, 0, 0) + option)


def neighbour_solicitation(data, **addresses):
    """Asks for the target's address, with the token as an unknown option."""
    body = socket.inet_pton(socket.AF_INET6, addresses["target"]) + struct.pack("!BB", 200, 3) + data + bytes(6)
    return ipv6(socket.IPPROTO_ICMPV6, lambda check: struct.pack("!BBHI", 135, 0, check, 0) + body, **addresses)


def link_local(card):
    """The address that a kernel gives itself from its card's (RFC 4291, appendix A)."""
    raw = mac(card)
    return socket.inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:])


def udp6(data, port, **addresses):
    return ipv6(socket.IPPROTO_UDP, lambda check: struct.pack("!HHHH", port, port, 8 + len(data), check) + data, **addresses)
