"""Reads data frames from R's files: .rda, .rds and the .rdb of an installed package."""
import bz2
import gzip
import lzma
import struct
import zlib

NA_INTEGER = -2 ** 31


class Reader:
    """R's XDR serialization, as far as data frames need it."""

    def __init__(self, data, at=0):
        self.data, self.at, self.references = data, at, []

    def take(self, pattern):
        size = struct.calcsize(pattern)
        values = struct.unpack_from(pattern, self.data, self.at)
        self.at += size
        return values

    def integer(self):
        return self.take(">i")[0]

    def document(self):
        self.at += 2  # "X\n"
        version = self.integer()
        self.at += 8
        if version == 3:
            encoding = self.integer()
            self.at += encoding
        return self.item()

    def item(self):
        flags = self.integer()
        kind, attributes = flags & 0xFF, None
        if kind in (254, 253, 242, 251):  # NULL and the standard environments
            return None
        if kind == 255:
            return self.references[(flags >> 8 or self.integer()) - 1]
        if kind == 1:
            self.references.append(self.item())
            return self.references[-1]
        if kind == 2:
            return self.pairs(flags)
        if kind == 9:
            size = self.integer()
            return None if size < 0 else self.take(f"{size}s")[0].decode("utf-8", "replace")
        if kind == 238:
            return self.compact()
        value = self.vector(kind)
        if flags & 0x200:
            attributes = self.item()
        return (value, attributes) if attributes else value

    def vector(self, kind):
        size = self.integer()
        if kind in (10, 13):
            return [None if v == NA_INTEGER else v for v in self.take(f">{size}i")]
        if kind == 14:
            return [None if v != v else v for v in self.take(f">{size}d")]
        if kind in (16, 19, 20):
            return [self.item() for _ in range(size)]
        raise ValueError(f"R type {kind}")

    def pairs(self, flags):
        """A pair list as a dictionary; the tags are the keys."""
        out = {}
        while flags & 0xFF == 2:
            if flags & 0x200:
                self.item()
            tag = self.item() if flags & 0x400 else len(out)
            out[tag] = self.item()
            flags = self.integer()
        return out

    def compact(self):
        kind, state, _ = list(self.item().values())[0], self.item(), self.item()
        if kind == "compact_intseq":
            count, start, step = state
            return [start + step * i for i in range(int(count))]
        return state[0] if isinstance(state, list) else list(state.values())[0]


def frames(value):
    """All data frames in a value, as (header, rows of text)."""
    if isinstance(value, dict):
        for part in value.values():
            yield from frames(part)
    if not (isinstance(value, tuple) and "names" in value[1]):
        return
    columns = [column(part) for part in value[0]]
    if len({len(part) for part in columns}) == 1:
        yield value[1]["names"], list(zip(*columns))


def column(part):
    levels = part[1].get("levels") if isinstance(part, tuple) else None
    values = part[0] if isinstance(part, tuple) else part
    if not isinstance(values, list):
        return []
    if levels:
        return ["" if v is None else levels[v - 1] for v in values]
    return ["" if v is None else str(v) for v in values]


def chunks(data):
    """The unpacked values of an .rdb: length, then zlib, or a letter and bzip2 or lzma."""
    at = 0
    while at + 5 < len(data):
        start = at + 4
        if data[start:start + 1] == b"2":
            unpack, start = bz2.BZ2Decompressor(), start + 1
        elif data[start:start + 1] == b"Z":
            filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
            unpack, start = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), start + 1
        else:
            unpack = zlib.decompressobj()
        yield unpack.decompress(data[start:])
        at = len(data) - len(unpack.unused_data)


def tables(data, word):
    """The data frames in the bytes of one of R's files, of those values in which `word` occurs."""
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress),
                          (b"\xfd7zXZ", lzma.decompress)):
        if data.startswith(magic):
            data = unpack(data)
    if data[:5] in (b"RDX2\n", b"RDX3\n"):
        documents = [data[5:]]
    elif data[:2] == b"X\n":
        documents = [data]
    else:
        documents = chunks(data)
    for document in documents:
        if document[:2] == b"X\n" and word.encode() in document:
            try:
                yield from frames(Reader(document).document())
            except (ValueError, TypeError, IndexError, struct.error):
                continue
