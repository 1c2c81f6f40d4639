"""images.py ROOT OUT: container images with the files of ROOT, right ones and hostile ones, as OUT/NAME, written by hand.

Prints a line each, NAME<tab>what `holdout check` has to say of it ("" when teams can use it).
"""
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

root, out = sys.argv[1:]
OCI = "application/vnd.oci.image."
LAYER = OCI + "layer.v1.tar"


def sha(data):
    return hashlib.sha256(data).hexdigest()


def entry(name, data=None, kind=tarfile.REGTYPE, target="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, target, mode, 1000000000
    info.uid = info.gid = 0
    info.size = len(data) if data is not None else 0
    return info, data


def layer(*entries):
    """The bytes of a tar archive. "ROOT": the files of ROOT."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for one in entries:
            if one == "ROOT":
                tar.add(root, arcname=".", filter=plain)
                continue
            info, data = one
            tar.addfile(info, io.BytesIO(data) if data is not None else None)
    return buffer.getvalue()


def plain(info):
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def text(name, words, mode=0o644):
    return entry(name, words.encode(), mode=mode)


def link(name, target):
    return entry(name, kind=tarfile.SYMTYPE, target=target)


def hard(name, target):
    return entry(name, kind=tarfile.LNKTYPE, target=target)


def gone(name):
    return entry(name, b"")


def configuration(layers, env=("PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", "MARK=from the image"), machine="amd64"):
    return json.dumps({
        "architecture": machine, "os": "linux",
        "config": {"Env": list(env), "Entrypoint": ["/nowhere"], "Cmd": ["nothing"], "User": "7", "WorkingDir": "/nowhere"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(one) for one in layers]},
        "history": [],
    }).encode()


def packed(data, how):
    if how == "gzip":
        return gzip.compress(data, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


class Layout:
    """An OCI layout as a map of paths to bytes."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, data, kind):
        self.files["blobs/sha256/" + sha(data)] = data
        return {"mediaType": kind, "digest": "sha256:" + sha(data), "size": len(data)}

    def image(self, layers, how="", config=None, kinds=None):
        descriptors = []
        for i, one in enumerate(layers):
            kind = kinds[i] if kinds else LAYER + ("+" + how if how else "")
            descriptors.append(self.blob(packed(one, how), kind))
        manifest = {
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": self.blob(config or configuration(layers), OCI + "config.v1+json"), "layers": descriptors,
        }
        return self.blob(json.dumps(manifest).encode(), OCI + "manifest.v1+json")

    def index(self, *descriptors):
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": list(descriptors)}).encode()
        return self


def archive(files, links=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, data in files.items():
            tar.addfile(*[(i, io.BytesIO(d)) for i, d in [entry(path, data)]][0])
        for path, target in links:
            tar.addfile(link(path, target)[0])
    return buffer.getvalue()


def write(name, data, says=""):
    with open(os.path.join(out, name), "wb") as file:
        file.write(data)
    print(name + "\t" + says)


def oci(layers, how="", **more):
    layout = Layout()
    return layout.index(layout.image(layers, how, **more))


def docker(layers, config=None, count=1, links=()):
    config = config or configuration(layers)
    files = {}
    names = []
    for one in layers:
        name = sha(one)[::-1] + "/layer.tar"
        files[name] = one
        names.append(name)
    files[sha(config) + ".json"] = config
    row = {"Config": sha(config) + ".json", "RepoTags": ["small:1"], "Layers": names}
    files["manifest.json"] = json.dumps([row] * count).encode()
    return files


base = layer("ROOT", text("etc/first", "1"), text("etc/second", "1"), text("etc/removed", "1"), text("data/a", "1"),
             text("data/b", "1"), text("secret/key", "x", 0o600), link("lib-link", "etc"), entry("dev/sda", kind=tarfile.BLKTYPE),
             entry("run/pipe", kind=tarfile.FIFOTYPE), text("etc/suid", "1", 0o6755))
change = layer(text("etc/second", "2"), gone("etc/.wh.removed"), text("data/c", "2"), gone("data/.wh..wh..opq"),
               hard("etc/first-again", "etc/first"), text("lib-link/through", "2"), gone("nowhere/.wh.thing"),
               text("etc/.wh.kept", ""), text("etc/kept", "of the same layer"), entry("data/new", kind=tarfile.DIRTYPE, mode=0o700))
right = [base, change, layer()]

# ---- right ones: all of the same files, so all of one digest ----
write("docker.tar", archive(docker(right)))
write("docker.tgz", gzip.compress(archive(docker(right))))
write("docker-zstd", packed(archive(docker(right)), "zstd"))
write("oci.tar", archive(oci(right).files))
write("oci-gzip.tar", archive(oci(right, "gzip").files))
write("oci-zstd.tar", archive(oci(right, "zstd").files))
both = Layout()
ours = both.image(right, "gzip")
newer = dict(both.index(ours).files)
config = configuration(right)
newer["manifest.json"] = json.dumps([{"Config": "blobs/sha256/" + sha(config), "RepoTags": ["small:1"],
                                      "Layers": ["blobs/sha256/" + sha(packed(one, "gzip")) for one in right]}]).encode()
write("docker-25.tar", archive(newer))
several = Layout()
arm = several.image(right, config=configuration(right, machine="arm64"))
arm["platform"] = {"architecture": "arm64", "os": "linux"}
mine = several.image(right)
mine["platform"] = {"architecture": "amd64", "os": "linux"}
note = several.blob(b"{}", OCI + "manifest.v1+json")
note["platform"] = {"architecture": "unknown", "os": "unknown"}
nested = several.blob(json.dumps({"schemaVersion": 2, "manifests": [arm, mine, note]}).encode(), OCI + "index.v1+json")
write("platforms.tar", archive(several.index(nested).files))
podman = docker(right)
again = sha(right[2])[::-1] + "/layer.tar"
podman["shared.tar"] = podman.pop(again)
write("links.tar", archive(podman, [(again, "../shared.tar")]))
shutil.rmtree(os.path.join(out, "layout"), ignore_errors=True)
for path, data in oci(right, "gzip").files.items():
    path = os.path.join(out, "layout", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
print("layout\t")

# ---- names that lead out of it ----
for name, entries, says in [
    ("up", [text("../escaped", "x")], "which leaves it"),
    ("up-within", [text("etc/../../escaped", "x")], "which leaves it"),
    ("gone-up", [gone("../.wh.canary")], "which leaves it"),
    ("gone-dots", [gone(".wh...")], "removes no file"),
    ("gone-dot", [gone("etc/.wh..")], "removes no file"),
    ("hard-out", [hard("etc/x", "../canary")], "which leaves it"),
    ("hard-missing", [hard("etc/x", "etc/none")], "No such file"),
    ("hard-directory", [hard("etc/x", "usr")], "a second name of no file"),
    ("loop", [link("a", "b"), link("b", "a"), text("a/x", "x")], "symbolic links"),
    ("deep", [text("/".join(["d"] * 80), "x")], "nested more than"),
    ("deep-by-links", [entry("d/" * 60, kind=tarfile.DIRTYPE), link("l", "/".join(["d"] * 60)),
                       entry("l/" + "e/" * 20, kind=tarfile.DIRTYPE)], "too deep"),
    ("long", [text("x" * 5000, "x")], "a path of more than"),
    ("long-part", [text("x" * 300, "x")], "too long"),
]:
    write(name, archive(oci([base, layer(*entries)]).files), says)
# these are meant inside, like a link in a root
for name, entries in [
    ("absolute", [text("/escaped-absolute", "x")]),
    ("write-through", [link("out", "../../../.."), text("out/escaped-through", "x")]),
    ("hard-through", [link("out", "/"), hard("etc/x", "out/etc/first")]),
    ("gone-through", [link("out", "../../../..")]),
]:
    layers = [base, layer(*entries)]
    if name == "gone-through":
        layers.append(layer(gone("out/.wh.canary"), gone("out/etc/.wh..wh..opq")))
    write(name, archive(oci(layers).files))

# ---- what does not hold together ----
layout = oci([base], "gzip")
name = max(layout.files, key=lambda path: len(layout.files[path]))
damaged = bytearray(layout.files[name])
damaged[len(damaged) // 2] ^= 1
write("digest", archive({**layout.files, name: bytes(damaged)}), "is damaged: it has another digest")
write("size", archive({**layout.files, name: layout.files[name] + b"x"}), "its descriptor says")
write("missing", archive({path: data for path, data in layout.files.items() if path != name}), "is not there")
write("diff-id", archive(oci([base], config=configuration([change])).files), "as the configuration says")
write("docker-diff-id", archive(docker([base], configuration([change]))), "as the configuration says")
write("layer-count", archive(oci([base], config=configuration([base, change])).files), "its configuration tells of 2")
half = base[:len(base) // 2]
write("cut-layer", archive(oci([half]).files), "ends too early")
whole = archive(oci([base], "gzip").files)
write("cut", whole[:len(whole) // 2], "ends too early")
write("no-tar", os.urandom(2000), "no tar archive")
write("xz", b"\xfd7zXZ\x00" + b"x" * 600, "is packed with xz")
bomb = layer(entry("zeros", bytes(300 << 20)))
write("bomb", archive(oci([base, bomb], "zstd").files), "unpacks to more than 200 times its size")
write("outer-bomb", gzip.compress(layer(entry("zeros", bytes(300 << 20)))), "unpacks to more than 200 times its size")
write("layers", archive(oci([base] + [layer()] * 300).files), "at most 256 layers")
write("arm", archive(oci([base], config=configuration([base], machine="arm64")).files), "this machine is linux/amd64")
other = Layout()
only = other.image([base])
only["platform"] = {"architecture": "s390x", "os": "linux"}
write("s390x", archive(other.index(only).files), "holds no image for linux/amd64, only for linux/s390x")
two = Layout()
write("two", archive(two.index(two.image([base]), two.image([base, change])).files), "save one alone")
write("docker-two", archive(docker([base], count=2)), "save one alone")
chart = Layout()
manifest = {"schemaVersion": 2, "config": chart.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"), "layers": []}
write("chart", archive(chart.index(chart.blob(json.dumps(manifest).encode(), OCI + "manifest.v1+json")).files), "no image of programs")
write("locked", archive(oci([base], kinds=[LAYER + "+gzip+encrypted"]).files), "which is not known")
loop = Layout()
inner = loop.image([base])
for _ in range(8):
    inner = loop.blob(json.dumps({"schemaVersion": 2, "manifests": [inner]}).encode(), OCI + "index.v1+json")
write("nested", archive(loop.index(inner).files), "nested more than")
sixteen = Layout()
sixteen.image([base])
write("sha512", archive(sixteen.index({"mediaType": OCI + "manifest.v1+json", "digest": "sha512:" + "0" * 128, "size": 2}).files),
      "is no SHA-256 digest")
write("json", archive({**layout.files, "index.json": b'{"manifests": ['}), "index.json")
write("env", archive(oci([base], config=configuration([base], env=["no variable"])).files), "which is no NAME=value")
away = docker([base])
away["manifest.json"] = json.dumps([{"Config": "../../canary", "Layers": []}]).encode()
write("config-out", archive(away), "leads out of the image")
away["manifest.json"] = json.dumps([{"Config": "c", "Layers": []}]).encode()
write("config-link", archive(away, [("c", "/etc/passwd")]), "c leads out of the image")
