#!/usr/bin/python3 -I
"""The servers of the world around a host in a box.

internet.py ADDRESS... listens at every address: on TCP port 80, where it answers
one line, "SERVER PEER" (as HTTP if the peer spoke first and said so); on UDP port
80, where it answers the same line; and on port 53 of the first address, where a
DNS server knows example.test, whose A record is that same address.
"""
import selectors
import signal
import socket
import struct
import sys
import threading

NAME = b"\x07example\x04test\x00"
PATIENCE = 0.2  # seconds that a peer has to say that it speaks HTTP


def answer_line(server: str, peer: str) -> bytes:
    return f"{server} {peer}\n".encode()


def serve_tcp(peer_socket: socket.socket, server: str, peer: str) -> None:
    line = answer_line(server, peer)
    with peer_socket:
        try:
            peer_socket.settimeout(PATIENCE)
            try:
                said = peer_socket.recv(4096)
            except socket.timeout:
                said = b""
            if said.startswith((b"GET ", b"HEAD ", b"PUT ", b"POST ")):
                head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(line)}\r\n\r\n"
                line = head.encode() + line
            peer_socket.sendall(line)
        except OSError:
            pass  # the peer has gone; it was only a test


def dns_answer(query: bytes, address: str) -> bytes:
    """Answers one question: A of example.test, nothing for its other types, else NXDOMAIN."""
    if len(query) < 17 or query[2] & 0x80:
        return b""
    end = query.find(b"\0", 12)
    if end < 0 or len(query) < end + 5:
        return b""
    question = query[12 : end + 5]
    known = question[: -4].lower() == NAME
    found = known and struct.unpack("!HH", question[-4:]) == (1, 1)
    flags = 0x8580 if known else 0x8583
    head = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if found else 0, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
    return head + question + (record if found else b"")


def serve_dns_tcp(peer_socket: socket.socket, address: str) -> None:
    with peer_socket:
        try:
            peer_socket.settimeout(2)
            length = struct.unpack("!H", peer_socket.recv(2, socket.MSG_WAITALL))[0]
            answer = dns_answer(peer_socket.recv(length, socket.MSG_WAITALL), address)
            peer_socket.sendall(struct.pack("!H", len(answer)) + answer)
        except (OSError, struct.error):
            pass


def main(addresses: list[str]) -> None:
    selector = selectors.DefaultSelector()

    def listen(kind: int, address: str, port: int, handler) -> None:
        listener = socket.socket(socket.AF_INET, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        if kind == socket.SOCK_STREAM:
            listener.listen(128)
        selector.register(listener, selectors.EVENT_READ, handler)

    def on_tcp(listener: socket.socket) -> None:
        peer_socket, peer = listener.accept()
        server = listener.getsockname()[0]
        threading.Thread(target=serve_tcp, args=(peer_socket, server, peer[0]), daemon=True).start()

    def on_udp(listener: socket.socket) -> None:
        _, peer = listener.recvfrom(2048)
        listener.sendto(answer_line(listener.getsockname()[0], peer[0]), peer)

    def on_dns_tcp(listener: socket.socket) -> None:
        peer_socket, _ = listener.accept()
        threading.Thread(target=serve_dns_tcp, args=(peer_socket, addresses[0]), daemon=True).start()

    def on_dns_udp(listener: socket.socket) -> None:
        query, peer = listener.recvfrom(2048)
        if answer := dns_answer(query, addresses[0]):
            listener.sendto(answer, peer)

    for address in addresses:
        listen(socket.SOCK_STREAM, address, 80, on_tcp)
        listen(socket.SOCK_DGRAM, address, 80, on_udp)
    listen(socket.SOCK_STREAM, addresses[0], 53, on_dns_tcp)
    listen(socket.SOCK_DGRAM, addresses[0], 53, on_dns_udp)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            try:
                key.data(key.fileobj)
            except OSError as error:
                print(error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    main(sys.argv[1:])
