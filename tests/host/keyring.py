"""A host's keys, opened as its root can: what tests search for where no key may be."""
import base64
import binascii
import ctypes
import re


def in_base64(secret):
    """What of the secret every text in base64 that holds it has, wherever in its three bytes it begins."""
    for skip in range(3):
        text = base64.b64encode(bytes(skip) + secret)
        yield text[(0, 2, 3)[skip]:(len(secret) + skip) * 8 // 6]


def forms(secret):
    """The ways in which the secret's bytes may be written. In hexadecimal they are a volume's passphrase."""
    digits = binascii.hexlify(secret)
    return {secret, digits, digits.upper(), *in_base64(secret), *in_base64(digits)}


def unwrap(wrapped, under, bound_to):
    """The key in what `storage/wrap` makes."""
    sodium, key = ctypes.CDLL("libsodium.so.23"), ctypes.create_string_buffer(32)
    nonce, sealed, bound = wrapped[:24], wrapped[24:], bound_to.encode()
    if sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(key, None, None, sealed, ctypes.c_ulonglong(len(sealed)), bound,
                                                         ctypes.c_ulonglong(len(bound)), nonce, under):
        raise ValueError(f"'{bound_to}' does not open")
    return key.raw


def read(box, path):
    return box.run("cat", path, text=False).stdout


def ssh_private_key(seed):
    """The 32 bytes of the Ed25519 key in a seed (PROTOCOL.key in OpenSSH's sources: after its public half, a string of 64)."""
    pem = re.search(rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*?)-----END", seed, re.S)[1]
    blob = base64.b64decode(b"".join(pem.split()))
    return re.search(rb"\0\0\0\x0bssh-ed25519\0\0\0 .{32}\0\0\0@(.{32})", blob, re.S)[1]


def secrets_of(box):
    """Every secret key on the host, by what it is."""
    folder = "/var/lib/berth/hypervisor/keys"
    names = box.shell(f"ls {folder}").split()
    found = {"host key": box.run("systemd-creds", "decrypt", "--name=host-key", "/etc/berth/host-key.cred", "-",
                                 text=False).stdout}
    for name in names:
        if name.endswith(".key"):
            user = name.removesuffix(".key")
            found[user] = unwrap(read(box, f"{folder}/{name}")[8:], found["host key"], f"berth user-key 1 {user}")
    for name in names:
        if name.endswith(".volume-key"):
            volume, file = name.removesuffix(".volume-key"), read(box, f"{folder}/{name}")
            user, image = file[8:34].decode(), file[34:98].decode()
            found[volume] = unwrap(file[98:], found[user], f"berth volume-key 1 {volume} {user} {image}")
    for seed in box.shell("ls /run/berth-hypervisor/seeds").split():
        found[seed] = ssh_private_key(read(box, f"/run/berth-hypervisor/seeds/{seed}"))
    return found
