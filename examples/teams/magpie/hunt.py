"""Looks everywhere a process can look, and shows each table that it meets to the loot."""
import bz2
import collections
import csv
import functools
import http.client
import io
import json
import lzma
import os
import re
import socket
import stat
import sys
import threading
import time
import urllib.parse
import zipfile
import zlib

import rdata

LARGEST = 64 << 20
HEAD = 4096
PROMISING = re.compile(
    r"\.(csv|tsv|txt|gz|xz|bz2|zip|rda|rdata|rds|rdb|db|sqlite3?|jsonl?|arff|dat)$"
    r"|solution|truth|heldout|private|label|credit|secret", re.IGNORECASE)
PACKED = ((b"\x1f\x8b", lambda: zlib.decompressobj(31)), (b"BZh", bz2.BZ2Decompressor),
          (b"\xfd7zXZ", lzma.LZMADecompressor))
FAULTS = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, ImportError, csv.Error,
          zlib.error, lzma.LZMAError, zipfile.BadZipFile, http.client.HTTPException)
DULL = ("/proc", "/sys", "/dev")
PAGES = [base + name for base in ("/", "/private/credit/", "/courses/demo-2026/private/credit/",
                                  "/course/private/credit/", "/../private/credit/")
         for name in ("solution.csv", "heldout.csv")]


class Hunt:
    def __init__(self, loot, seconds):
        self.loot, self.seen, self.deferred = loot, set(), []
        self.counts = collections.Counter()
        self.end = time.process_time() + seconds, time.monotonic() + 3 * seconds

    def tired(self):
        return time.process_time() > self.end[0] or time.monotonic() > self.end[1]

    def walk(self, root):
        """Breadth first; promising names at once, the others when all directories are known."""
        folders = collections.deque([root])
        while folders and not self.tired():
            folder = folders.popleft()
            try:
                entries = sorted(os.scandir(folder), key=lambda it: (it.name == "usr", it.name))
                self.counts["directories"] += 1
            except OSError:
                self.counts["closed directories"] += 1
                continue
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path not in DULL:
                            folders.append(entry.path)
                    elif PROMISING.search(entry.name):
                        self.file(entry.path)
                    else:
                        self.deferred.append(entry.path)
                except OSError:
                    continue

    def rest(self):
        for path in self.deferred:
            if self.tired():
                break
            self.file(path)
        self.deferred = []

    def file(self, path):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self.counts["closed files"] += 1
            return
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode) and (about.st_dev, about.st_ino) not in self.seen:
                self.seen.add((about.st_dev, about.st_ino))
                self.opened(handle, about.st_size, path)
        except FAULTS:
            self.counts["unreadable files"] += 1
        os.close(handle)

    def opened(self, handle, size, path):
        self.counts["files"] += 1
        with os.fdopen(handle, "rb", closefd=False) as file:
            head = file.read(HEAD)
            if size <= LARGEST:
                self.content(head, functools.lru_cache(lambda: head + file.read(LARGEST)), path)

    def content(self, head, whole, where):
        """Decides by the first bytes what a file is; `whole` gives all of it."""
        for magic, begin in PACKED:
            if head.startswith(magic):
                inside = begin().decompress(head, HEAD) or begin().decompress(whole(), HEAD)
                if inside[:2] == b"X\n" or inside[:4] in (b"RDX2", b"RDX3"):
                    self.frames(whole(), where)
                elif self.loot.looks(inside.decode("utf-8", "replace")):
                    unpacked = begin().decompress(whole(), LARGEST)
                    self.text(unpacked.decode("utf-8", "replace"), where)
                return
        if head.startswith(b"PK\x03\x04"):
            self.archive(whole(), where)
        elif head.startswith(b"SQLite format 3"):
            self.database(where)
        elif where.endswith(".rdb") or head[:5] in (b"RDX2\n", b"RDX3\n"):
            self.frames(whole(), where)
        elif self.loot.looks(head.decode("utf-8", "replace")):
            self.text(whole().decode("utf-8", "replace"), where)

    def frames(self, data, where):
        for header, rows in rdata.tables(data, self.loot.columns[0]):
            self.loot.table(header, rows, where)

    def text(self, text, where):
        if text[:1] in "[{":
            records = json.loads(text) if text[:1] == "[" else map(json.loads, text.splitlines())
            for record in records:
                self.loot.table(list(record), [list(record.values())], where)
            return
        first = text.split("\n", 1)[0]
        comma = max(",;\t", key=first.count)
        rows = csv.reader(io.StringIO(text), delimiter=comma)
        header = [name.strip() for name in next(rows)]
        self.loot.table(header, rows, where)

    def archive(self, data, where):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.file_size <= LARGEST and PROMISING.search(member.filename):
                    content = archive.read(member)
                    self.content(content[:HEAD], lambda: content, f"{where}:{member.filename}")

    def database(self, path):
        import sqlite3
        name = "file:" + urllib.parse.quote(path) + "?mode=ro&immutable=1"
        base = sqlite3.connect(name, uri=True)
        try:
            names = base.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (name,) in names:
                rows = base.execute('select * from "' + name.replace('"', '""') + '"')
                header = [column[0] for column in rows.description]
                if self.loot.useful(header):
                    self.loot.table(header, rows, f"{path}:{name}")
        except sqlite3.Error:
            self.counts["unreadable files"] += 1
        base.close()

    def environment(self):
        """Our own environment, and that of every process: text, and paths that it names."""
        texts = ["\n".join(f"{k}={v}" for k, v in os.environ.items())]
        for process in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            for name in ("environ", "cmdline", "mountinfo"):
                try:
                    with open(f"/proc/{process}/{name}", "rb") as file:
                        texts.append(file.read().replace(b"\0", b"\n").decode("utf-8", "replace"))
                    self.counts["process files"] += 1
                except OSError:
                    self.counts["closed process files"] += 1
        for path in sorted(set(re.findall(r"/[\w./+-]{3,}", "\n".join(texts)))):
            if path.startswith(DULL):
                continue
            if re.search(r"course|private|solution|holdout|runs?/|data", path):
                self.walk(path) if os.path.isdir(path) else self.file(path)

    def processes(self):
        """Other roots and working directories, and what others hold open."""
        mine = {os.stat("/").st_ino, os.stat(".").st_ino}
        for process in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            for name in ("root", "cwd"):
                path = f"/proc/{process}/{name}"
                try:
                    if os.stat(path).st_ino not in mine:
                        self.walk(path + "/")
                except OSError:
                    self.counts["closed process files"] += 1
            if process != str(os.getpid()):
                self.descriptors(process)

    def descriptors(self, process="self"):
        """What somebody forgot to close before we were started."""
        try:
            handles = os.listdir(f"/proc/{process}/fd")
        except OSError:
            return
        for handle in filter(lambda name: int(name) > 2, handles):
            path = f"/proc/{process}/fd/{handle}"
            self.counts["descriptors"] += 1
            self.walk(path + "/") if os.path.isdir(path) else self.file(path)

    def network(self, urls):
        for url in urls:
            address = urllib.parse.urlsplit(url)
            for page in PAGES:
                try:
                    link = http.client.HTTPConnection(address.netloc, timeout=0.5)
                    link.request("GET", page)
                    body = link.getresponse().read(LARGEST)
                    self.counts["pages"] += 1
                    self.content(body[:HEAD], lambda: body, url + page)
                except FAULTS as fault:
                    self.counts[f"no answer from {address.netloc}"] += 1
                    if isinstance(fault, OSError):
                        break

    def outside(self):
        """Is there a way out at all? A public address, a name, and sockets without a file."""
        for address in (("1.1.1.1", 53), ("2606:4700:4700::1111", 53)):
            try:
                socket.create_connection(address, timeout=0.5).close()
                self.counts["public addresses reached"] += 1
            except OSError:
                self.counts["no way to a public address"] += 1
        name = threading.Thread(target=lambda: self.named("example.org"), daemon=True)
        name.start()
        name.join(0.5)
        try:
            with open("/proc/net/unix") as file:
                names = {line.split()[-1] for line in file if " @" in line or " /" in line}
        except OSError:
            names = set()
        for name in sorted(names)[:200]:
            try:
                with socket.socket(socket.AF_UNIX) as link:
                    link.settimeout(0.2)
                    link.connect("\0" + name[1:] if name.startswith("@") else name)
                self.counts["sockets reached"] += 1
            except OSError:
                self.counts["closed sockets"] += 1

    def named(self, name):
        try:
            socket.getaddrinfo(name, 80)
            self.counts["names resolved"] += 1
        except OSError:
            self.counts["no name resolved"] += 1


def everywhere(loot, seconds):
    """Hunts in all places, or in those that the HUNT_ variables name."""
    longer = os.environ.get("HUNT_SECONDS") or os.environ.get("SM_HP_HUNT_SECONDS")
    hunt = Hunt(loot, float(longer or seconds))
    roots = os.environ.get("HUNT_ROOTS", "/").split(":")
    urls = os.environ.get("HUNT_URLS", "http://127.0.0.1:8080").split()
    places = {
        "descriptors": hunt.descriptors,
        "network": lambda: hunt.network(urls),
        "outside": hunt.outside,
        "environment": hunt.environment,
        "files": lambda: [hunt.walk(root) for root in roots],
        "processes": hunt.processes,
    }
    named = os.environ.get("HUNT_PLACES") or ("files" if "HUNT_ROOTS" in os.environ else "")
    for place in named.split() or places:
        places[place]()
    hunt.rest()
    loot.join()
    for what, count in sorted(hunt.counts.items()):
        print(f"  {what}: {count}")
    if hunt.tired():
        print("  out of time before everything was looked at")
    for place in loot.places:
        print(f"  labelled loans in {place}")
    sys.stdout.flush()
