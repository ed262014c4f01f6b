# SPDX-License-Identifier: Apache-2.0
"""A file system of its own whose size can be changed: full at a word, with room again at another. Mounting needs root."""

import os
import subprocess

ROOM = "2g"


class SmallDisk:
    def __init__(self, folder):
        self.folder, self.mounted = folder, False

    def mount(self):
        """False where that is not allowed: the folder is then one like any other, and never full."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mounted = os.geteuid() == 0 and self._mount("-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "relais-crash", self.folder)
        return self.mounted

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)
            self.mounted = False

    def fill(self):
        """Not a page more than what is there now."""
        room = os.statvfs(self.folder)
        return self._mount("-o", f"remount,size={(room.f_blocks - room.f_bfree) * room.f_frsize}", self.folder)

    def empty(self):
        self._mount("-o", f"remount,size={ROOM}", self.folder)

    def _mount(self, *words):
        return subprocess.run(["mount", *map(str, words)], check=False, capture_output=True).returncode == 0
