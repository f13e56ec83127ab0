"""Files that are no images, or dangerous ones, are refused; nothing of them stays and nothing of the host is read."""
import hashlib
import io
import json
import pathlib
import struct
import tarfile
import tempfile

import boot_disk
from box import SMALL, TOP
from promise import HostTest, main

MIB = 1 << 20


def qcow2(size=16 * MIB, backing=b"", incompatible=0, version=3, extensions=b"", l1_size=1, cluster_bits=16):
    """A qcow2 file of one header cluster, a refcount table, a refcount block and an L1 table."""
    cluster = 1 << 16
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", version, 112 + len(extensions) if backing else 0, len(backing),
                         cluster_bits, size, 0, l1_size, 3 * cluster, cluster, 1, 0, 0, incompatible, 0, 0, 4, 104)
    first = header + extensions + bytes(8) + backing
    table = struct.pack(">Q", 2 * cluster)
    counts = struct.pack(">HHHH", 1, 1, 1, 1)
    return b"".join(part.ljust(cluster, b"\0") for part in (first, table, counts, b""))


def data_file(name=b"/etc/shadow"):
    """The header extension that names an external data file."""
    return struct.pack(">II", 0x44415441, len(name)) + name.ljust((len(name) + 7) // 8 * 8, b"\0")


def disk():
    """A raw disk with a partition table's signature."""
    return (bytes(510) + b"\x55\xaa").ljust(MIB, b"\0")


def kernel():
    """The header by which Linux' x86 boot protocol knows a kernel."""
    return (bytes(0x1fe) + b"\x55\xaa" + bytes(2) + b"HdrS").ljust(4096, b"k")


def bundle(**members):
    whole = {"kernel": kernel(), "initrd": b"i" * 512, "cmdline": b"console=ttyS0\n", "disk.raw": disk(), **members}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in whole.items():
            if data is None:
                continue
            entry = tarfile.TarInfo(name)
            if isinstance(data, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, data
                tar.addfile(entry)
            else:
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


class Images(HostTest):
    def images(self):
        return sorted(p.relative_to(self.box.root).as_posix()
                      for p in (self.box.root / "var/lib/berth/hypervisor/images").rglob("*"))

    def setUp(self):
        super().setUp()
        self.before = self.images()
        self.assertGreater(len(self.before), 3)

    def tearDown(self):
        self.assertEqual(self.images(), self.before, "something was left behind")
        self.assertEqual([i["name"] for i in self.box.berth_json("image", "list")["items"]], ["tiny"])

    def refuse(self, data, ending, *words, arguments=(), code=None):
        """The command refuses the file, saying these words."""
        path = self.box.put(f"/var/tmp/bad.{ending}", data)
        done = self.box.berth("image", "import", path, "--name", "bad", *arguments, check=False)
        self.assertNotEqual(done.returncode, 0, f"accepted: {done.stdout}")
        for word in words:
            self.assertIn(word, done.stderr)
        answer = self.upload(f"name=bad&format={'bundle' if ending == 'tar' else ending}"
                             + (f"&sha256={arguments[1]}" if arguments else ""), data)
        self.assertIn(answer.status, range(400, 500), answer)
        self.assert_refused(answer, code or "STO_001")
        self.assertNotIn("root:", done.stdout + done.stderr + answer.body.decode())

    def test_the_crafted_file_itself_is_sound(self):
        """The control: without what makes it bad, the same file is taken."""
        for ending, data in (("qcow2", qcow2()), ("raw", disk()), ("tar", bundle())):
            path = self.box.put(f"/var/tmp/good.{ending}", data)
            self.box.berth("image", "import", path, "--name", "good")
            self.box.berth("image", "remove", "good")

    def test_a_missing_file(self):
        done = self.box.berth("image", "import", "/var/tmp/none.qcow2", "--name", "bad", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("none.qcow2", done.stderr)

    def test_text_pretending_to_be_an_image(self):
        self.refuse(b"# Disk DescriptorFile\nversion=1\nRW 63 FLAT \"/etc/shadow\" 0\n", "qcow2", "STO_001")
        self.refuse(b"just text" * 1000, "qcow2", "STO_001")
        self.refuse(b"just text" * 1000, "tar", "STO_001")

    def test_truncated(self):
        self.refuse(qcow2()[:60], "qcow2", "STO_001")
        self.refuse(qcow2()[:3 << 16], "qcow2", "STO_001")
        self.refuse(bundle()[:MIB // 2], "tar", "STO_001")
        self.refuse(b"", "raw", code="STO_001")

    def test_a_backing_file(self):
        for name in (b"/etc/shadow", b"json:{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}", b"nbd://127.0.0.1:1"):
            self.refuse(qcow2(backing=name), "qcow2", "backing")

    def test_a_data_file(self):
        self.refuse(qcow2(incompatible=4, extensions=data_file()), "qcow2", "data file")

    def test_unknown_features(self):
        for bit in (5, 17, 63):
            self.refuse(qcow2(incompatible=1 << bit), "qcow2", "STO_001")
        self.refuse(qcow2(version=9), "qcow2", "STO_001")

    def test_absurd_sizes(self):
        self.refuse(qcow2(size=60 << 40), "qcow2", "STO_001")
        self.refuse(qcow2(size=2**63), "qcow2", "STO_001")
        self.refuse(qcow2(l1_size=2**31), "qcow2", "STO_001")
        self.refuse(qcow2(cluster_bits=60), "qcow2", "STO_001")
        self.refuse(qcow2(cluster_bits=0), "qcow2", "STO_001")

    def test_bundles_with_wrong_members(self):
        self.refuse(bundle(kernel=None), "tar", "kernel")
        self.refuse(bundle(kernel="/etc/shadow"), "tar", "STO_001")
        self.refuse(bundle(**{"../../../../etc/cron.d/x": b"x"}), "tar", "STO_001")
        self.refuse(bundle(cmdline=b"two\nlines\n"), "tar", "cmdline")
        self.refuse(bundle(**{"disk.raw": None, "disk.qcow2": qcow2(backing=b"/etc/shadow")}), "tar", "backing")
        self.assertFalse((self.box.root / "etc/cron.d/x").exists())

    def test_the_wrong_checksum(self):
        self.refuse(qcow2(), "qcow2", "STO_002", arguments=("--sha256", "0" * 64), code="STO_002")

    def test_the_right_checksum_is_taken(self):
        data = qcow2(size=32 * MIB)
        path = self.box.put("/var/tmp/right.qcow2", data)
        self.box.berth("image", "import", path, "--name", "right", "--sha256", hashlib.sha256(data).hexdigest())
        self.box.berth("image", "remove", "right")

    def test_a_format_that_does_not_fit_is_not_guessed(self):
        path = self.box.put("/var/tmp/odd.bin", qcow2())
        done = self.box.berth("image", "import", path, "--name", "bad", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--format", done.stderr)
        done = self.box.berth("image", "import", path, "--name", "bad", "--format", "raw", check=False)
        self.assertNotEqual(done.returncode, 0, "a qcow2 file was taken as raw")

    def test_an_image_in_use_is_not_removed(self):
        self.create()
        done = self.box.berth("image", "remove", "tiny", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("STO_006", done.stderr)
        self.terminate_all()

    def test_an_image_without_a_kernel_boots_from_its_disk(self):
        with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
            disk = boot_disk.make(pathlib.Path(folder))
            self.box.put("/var/tmp/bootable.raw", disk.read_bytes())
        self.box.berth("image", "import", "/var/tmp/bootable.raw", "--name", "bootable")
        try:
            images = {image["name"]: image for image in self.box.berth_json("image", "list")["items"]}
            self.assertFalse(images["bootable"]["has_kernel"])
            self.box.berth("create", "web", "--user", "alice", "--image", "bootable", *SMALL)
            self.assertIn("BOOT_IMAGE=/kernel", self.say("web", "alice", "cat /proc/cmdline"))  # what GRUB adds
            self.terminate_all()
        finally:
            self.box.berth("image", "remove", "bootable")

    def test_images_are_read_only_and_roots(self):
        for line in self.box.shell("find /var/lib/berth/hypervisor/images -type f -printf '%u %m %f\\n'").splitlines():
            self.assertRegex(line, "^root 444 ")
        self.assertEqual(json.loads(self.box.shell("cat /var/lib/berth/hypervisor/images/*/image.json"))["has_kernel"], True)


if __name__ == "__main__":
    main()
