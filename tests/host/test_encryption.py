"""What a guest writes, and every key, is nowhere on the host's disk in plain."""
import json
import mmap
import os

from promise import HostTest, main


def files_with(folder, needle):
    """Regular files below the folder that contain the bytes."""
    found = []
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            if not os.path.isfile(file) or os.path.islink(file) or os.path.getsize(file) == 0:
                continue
            with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as view:
                if view.find(needle) >= 0:
                    found.append(os.path.relpath(file, folder))
    return found


class Encryption(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session = cls("create").create()
        cls.disk = cls.box.root.parent / "upper"  # everything that was written since the box lies on its base

    def volume(self):
        volumes = list((self.box.root / "var/lib/berth/hypervisor/volumes").glob("*.qcow2"))
        self.assertEqual(len(volumes), 1)
        return volumes[0]

    def test_what_the_guest_writes_is_not_to_be_found_on_the_host(self):
        marker = "marker" + os.urandom(16).hex()
        self.ssh("web", "alice", f"i=0; while [ $i -lt 2000 ]; do echo {marker}; i=$((i+1)); done >/root/secret; sync;"
                 " echo 3 >/proc/sys/vm/drop_caches")
        self.assertEqual(self.say("web", "alice", f"grep -c {marker} /root/secret"), "2000")
        self.assertGreater(self.volume().stat().st_blocks * 512, 64 * 1024)
        self.assertEqual(files_with(self.disk, marker.encode()), [])
        self.box.put("/root/plain", f"before {marker} after")
        self.assertEqual(files_with(self.disk, marker.encode()), ["root/plain"], "the search itself is blind")
        self.box.run("rm", "/root/plain")
        # In a volume that is not encrypted, too.
        self.box.shell(f"truncate -s 1M /root/disk; echo {marker} | dd of=/root/disk bs=4096 seek=17 conv=notrunc 2>/dev/null;"
                       "qemu-img convert -f raw -O qcow2 /root/disk /root/disk.qcow2; rm /root/disk")
        self.assertEqual(files_with(self.disk, marker.encode()), ["root/disk.qcow2"], "the search is blind to volumes")
        self.box.run("rm", "/root/disk.qcow2")

    def test_the_volume_is_luks_in_qcow2_over_the_image(self):
        info = json.loads(self.box.run("qemu-img", "info", "-U", "-f", "qcow2", "--output=json",
                                       str(self.volume()).removeprefix(str(self.box.root))).stdout)
        self.assertEqual(info["format-specific"]["data"]["encrypt"]["format"], "luks")
        self.assertTrue(info["encrypted"])

    def test_the_volume_does_not_open_with_another_key(self):
        path = str(self.volume()).removeprefix(str(self.box.root))
        tried = self.box.run("qemu-io", "-r", "-U", "--object", "secret,id=key,data=wrong", "--image-opts",
                             f"driver=qcow2,encrypt.key-secret=key,file.filename={path}", "-c", "read 0 512", check=False)
        self.assertIn("password", (tried.stdout + tried.stderr).lower())

    def test_the_host_key_lies_nowhere_in_plain(self):
        key = self.box.run("systemd-creds", "decrypt", "--name=host-key", "/etc/berth/host-key.cred", "-", text=False).stdout
        self.assertEqual(len(key), 32)
        self.assertEqual(files_with(self.disk, key), [])
        self.box.put("/root/plain", b"before" + key)
        self.assertEqual(files_with(self.disk, key), ["root/plain"], "the search itself is blind")
        self.box.run("rm", "/root/plain")

    def test_keys_volumes_and_seeds_are_for_root_alone(self):
        listed = self.box.shell("find /var/lib/berth/hypervisor/keys /var/lib/berth/hypervisor/volumes "
                                "/run/berth-hypervisor/seeds -type f -printf '%m %p\\n'").splitlines()
        self.assertGreaterEqual(len(listed), 4)
        for line in listed:
            self.assertRegex(line, "^[46]00 ")

    def test_the_agent_cannot_read_keys_or_volumes(self):
        for path in ("/var/lib/berth/hypervisor/keys", str(self.volume()).removeprefix(str(self.box.root)),
                     "/etc/berth/host-key.cred"):
            readable = self.box.run("runuser", "-u", "berth", "--", "sh", "-c", f"ls {path}/ || cat {path}", check=False)
            self.assertNotEqual(readable.returncode, 0, path)

    def test_a_seed_is_on_a_memory_file_system(self):
        self.assertEqual(self.box.shell("stat -f -c %T /run/berth-hypervisor/seeds").strip(), "tmpfs")


if __name__ == "__main__":
    main()
