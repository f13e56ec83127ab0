"""The image `tiny` as a disk that starts by itself, from its BIOS: GRUB in the boot sector, kernel and initrd as files."""
import pathlib
import re
import struct
import tarfile

from box import TINY, run

GRUB = pathlib.Path("/usr/lib/grub/i386-pc")
# The tables of GRUB 2.06's sources (grub-core/boot/i386/pc/boot.S, diskboot.S): where each part finds the next, in sectors.
KERNEL_SECTOR, BLOCK_LIST = 0x5C, 0x1F4
SECTOR = 512


def debugfs(disk, request):
    return run(["debugfs", "-w", "-R", request, str(disk)]).stdout


def first_sector(disk, file):
    """Where the file begins on the disk; GRUB's core must lie in one piece."""
    size = int(re.search(r"^Block size:\s*(\d+)", run(["dumpe2fs", "-h", str(disk)]).stdout, re.M)[1])
    blocks = [int(number) for number in debugfs(disk, f"blocks {file}").split()]
    if blocks != list(range(blocks[0], blocks[0] + len(blocks))):
        raise ValueError(f"{file} lies in several pieces: {blocks}")
    return blocks[0] * size // SECTOR


def core(folder, cmdline):
    """GRUB itself, with what it is to do built in."""
    todo = folder / "grub.cfg"
    todo.write_text(f"set root=(hd0)\nlinux /kernel {cmdline}\ninitrd /initrd\nboot\n")
    run(["grub-mkimage", "-O", "i386-pc", "-p", "/", "-c", str(todo), "-o", str(folder / "core.img"), "biosdisk", "ext2",
         "linux", "boot"])
    return folder / "core.img"


def make(folder):
    """Makes the disk from the bundle, in the folder, and returns its path."""
    with tarfile.open(TINY) as bundle:
        bundle.extractall(folder)
    disk = folder / "disk.raw"
    disk.chmod(0o600)
    for file in ("kernel", "initrd"):
        debugfs(disk, f"write {folder / file} {file}")
    image = core(folder, (folder / "cmdline").read_text().strip())
    debugfs(disk, f"write {image} core.img")
    start = first_sector(disk, "core.img")
    with open(disk, "r+b") as opened:
        boot = bytearray((GRUB / "boot.img").read_bytes())
        struct.pack_into("<Q", boot, KERNEL_SECTOR, start)
        opened.write(boot)
        opened.seek(start * SECTOR + BLOCK_LIST)
        opened.write(struct.pack("<Q", start + 1))
    return disk
