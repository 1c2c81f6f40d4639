"""holdout-web as its clients meet it: headers, hostile requests, slow clients, event streams, start and end. Prints TAP.
wire.py HOLDOUT-WEB"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PROGRAM = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
COURSE = "/courses/demo-2026"
count, failed = 0, 0
lock = threading.Lock()


def check(ok, name, found=""):
    global count, failed
    with lock:
        count += 1
        failed += not ok
        print(("ok " if ok else "not ok ") + str(count) + " - " + name, flush=True)
        if not ok:
            print("# " + repr(found)[:500], flush=True)


class Store:
    """The stand-in of the grader."""

    def __init__(self, directory):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "store.py"), directory],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def run(self, sql):
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "ok\n", answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Web:
    made = 0

    def __init__(self, directory, *more, **options):
        Web.made += 1
        self.file = os.path.join(directory, f"port{Web.made}")
        self.log = tempfile.TemporaryFile()
        if not more:
            more = ("--listen", "127.0.0.1:0")
        self.process = subprocess.Popen([PROGRAM, directory, "--port-file", self.file, *more],
                                        stdout=subprocess.DEVNULL, stderr=self.log, **options)
        for _ in range(100):
            if os.path.exists(self.file):
                break
            time.sleep(0.05)
        self.port = int(open(self.file).read())
        self.wait_for("/healthz")

    def wait_for(self, path, status=200, seconds=5.0):
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            try:
                if self.get(path)[0] == status:
                    return time.monotonic() - start
            except OSError:
                pass
            time.sleep(0.02)
        return None

    def get(self, path, method="GET", **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 15)

    def raw(self, sent, seconds=5.0):
        """All that comes back until the other side closes or says nothing."""
        with self.connect() as peer:
            peer.settimeout(seconds)
            got = b""
            try:
                peer.sendall(sent)
                while True:
                    piece = peer.recv(65536)
                    if not piece:
                        break
                    got += piece
            except OSError:
                pass
            return got

    def stream(self, course=COURSE):
        peer = self.connect()
        peer.sendall(f"GET {course}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return peer

    def worker(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return [int(word) for word in children.read().split()]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        code = self.process.wait(15)
        return code, time.monotonic() - start


def wait_for_text(peer, wanted, seconds=3.0):
    start, got = time.monotonic(), b""
    peer.settimeout(0.2)
    while time.monotonic() - start < seconds:
        try:
            got += peer.recv(65536)
        except socket.timeout:
            pass
        if wanted in got:
            return time.monotonic() - start, got
    return None, got


def headers(web):
    status, head, body = web.get(COURSE)
    check(status == 200 and head["Content-Type"] == "text/html; charset=utf-8", "a page is HTML", dict(head))
    check("default-src 'none'" in head["Content-Security-Policy"] and
          "unsafe" not in head["Content-Security-Policy"], "the policy allows nothing inline", dict(head))
    check(head["X-Content-Type-Options"] == "nosniff" and head["X-Frame-Options"] == "DENY" and
          head["Cache-Control"] == "no-cache", "pages are not sniffed, framed or kept", dict(head))
    board = "/api/v1/courses/demo-2026/tasks/credit/leaderboard"
    status, head, body = web.get(board)
    check(status == 200 and json.loads(body)["task"] == "credit" and head["Content-Type"] == "application/json",
          "the leaderboard is JSON", body)
    again = web.get(board, If_None_Match=head["ETag"])
    check(again[0] == 304 and again[2] == b"", "an unchanged document is 304 without a body", again)
    check(web.get(board, If_None_Match='"other"')[0] == 200, "another ETag gives the document")
    only = web.get(board, method="HEAD")
    check(only[0] == 200 and only[2] == b"" and only[1]["Content-Length"] == str(len(body)) and
          only[1]["ETag"] == head["ETag"], "HEAD is GET without its body", dict(only[1]))
    status, head, body = web.get("/nope")
    check(status == 404 and head["ETag"] is None and b"Not found" in body, "404 is a page", body[:200])
    moved = web.raw(f"GET {COURSE}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    check(moved.startswith(b"HTTP/1.1 308") and f"\r\nLocation: {COURSE}\r\n".encode() in moved,
          "a slash at the end leads to the page", moved[:400])
    status, head, body = web.get(COURSE, method="POST")
    check(status == 405 and head["Allow"] == "GET, HEAD", "405 says what is allowed", dict(head))


def hostile(web):
    host = b"Host: localhost\r\n"
    for name, sent, wanted in (
            ("Content-Length with Transfer-Encoding",
             b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b" 400 "),
            ("two Content-Lengths", b"GET / HTTP/1.1\r\n" + host + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n", b" 400 "),
            ("a length that is none", b"GET / HTTP/1.1\r\n" + host + b"Content-Length: x\r\n\r\n", b" 400 "),
            ("no Host", b"GET / HTTP/1.1\r\n\r\n", b" 400 "),
            ("two Hosts", b"GET / HTTP/1.1\r\n" + host + host + b"\r\n", b" 400 "),
            ("the name of another site", b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b" 421 "),
            ("a body", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 3\r\n\r\nabc", b" 413 "),
            ("a chunked body", b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b" 413 "),
            ("a long address", b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n" + host + b"\r\n", b" 414 "),
            ("a header without colon", b"GET / HTTP/1.1\r\n" + host + b"nonsense\r\n\r\n", b" 400 "),
            ("a blank before the colon", b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", b" 400 "),
            ("noise", bytes(range(256)) * 4, None),
            ("2000 headers", b"GET / HTTP/1.1\r\n" + host + b"".join(b"X%d: %s\r\n" % (i, b"y" * 90) for i in range(2000)) + b"\r\n", None),
    ):
        got = web.raw(sent, 3.0)
        line = got.split(b"\r\n")[0]
        refused = wanted in line if wanted else b" 200 " not in line
        check(refused and b" 200 " not in got, f"refused: {name}", got[:300])
    many = web.raw((b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n") * 6 + b"GET /healthz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
    check(many.count(b"HTTP/1.1 200") == 7, "requests in one piece are answered one by one", many[:300])
    smuggled = web.raw(b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 44\r\n\r\nGET /healthz HTTP/1.1\r\n" + host + b"\r\n")
    check(smuggled.count(b"HTTP/1.1") == 1, "a refused body is not taken for a request", smuggled)
    check(web.get("/healthz")[0] == 200, "and the server is still there")


def drip(web):
    """A client that sends a byte a second."""
    start = time.monotonic()
    with web.connect() as peer:
        peer.settimeout(0.01)
        try:
            for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 60:
                peer.sendall(bytes([byte]))
                time.sleep(0.5)
                try:
                    if peer.recv(100) == b"":
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
    took = time.monotonic() - start
    check(8 < took < 14, "a client that drips its head is cut after ten seconds", took)


def crowd(web):
    idle = [web.connect() for _ in range(300)]
    check(web.get("/healthz")[0] == 200, "300 silent connections do not stop the others")
    for peer in idle:
        peer.close()


def events(web, store):
    peer = web.stream()
    took, got = wait_for_text(peer, b"retry: ")
    check(took is not None and b"text/event-stream" in got and b"X-Accel-Buffering: no" in got, "a stream opens", got)
    wait_for_text(peer, b"event: change", 0.5)
    store.run("UPDATE run SET state = 'evaluating' WHERE id = '01JD0000000000000000000K01'")
    took, got = wait_for_text(peer, b'{"id":"01JD0000000000000000000K01","state":"evaluating"}')
    check(took is not None and took < 1.0 and b"event: change\ndata: {" in got, "a change arrives within a second", (took, got))
    store.run("UPDATE team SET looked_ms = looked_ms + 1")
    took, got = wait_for_text(peer, b"event: change")
    check(took is not None and b"C03" not in got and b"K01" in got, "an event names what is new and what goes on", got)
    peers = [web.stream() for _ in range(80)]
    time.sleep(0.6)
    store.run("UPDATE run SET state = 'judging' WHERE id = '01JD0000000000000000000K01'")
    heard = sum(wait_for_text(one, b'"judging"')[0] is not None for one in peers)
    check(heard == 80, "80 pages hear of a change", heard)
    for one in peers:
        one.close()
    check(web.get(COURSE)[0] == 200, "pages are served after they left")
    store.run("UPDATE meta SET value = json_set(value, '$.visibility', 'pseudonym') WHERE name = 'course'")
    wait_for_text(peer, b'{"runs":[]}')
    store.run("UPDATE run SET state = 'serving' WHERE id = '01JD0000000000000000000K01'")
    took, got = wait_for_text(peer, b'{"runs":[]}')
    check(took is not None and b"01JD" not in got, "under pseudonyms an event names no run", got)
    store.run("UPDATE meta SET value = json_set(value, '$.visibility', 'names') WHERE name = 'course'")
    peer.close()
    check(web.raw(b"GET /courses/none/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404"),
          "no stream for a course that is not there")
    only = web.get(COURSE + "/events", method="HEAD")
    check(only[0] == 200 and only[2] == b"", "HEAD of a stream ends")


def keeping(web, store):
    before = web.worker()
    check(len(before) == 1, "the keeper has one worker", before)
    with open(f"/proc/{before[0]}/status") as status:
        check("NoNewPrivs:\t1" in status.read(), "the worker can gain no rights")
    os.kill(before[0], signal.SIGKILL)
    check(web.wait_for(COURSE, seconds=6) is not None and web.worker() != before, "a worker that dies is replaced")
    peer = web.stream()
    wait_for_text(peer, b"retry")
    code, took = web.close()
    check(code == 0 and took < 3, "SIGTERM ends it, open streams or not", (code, took))
    peer.close()
    web.log.seek(0)
    lines = web.log.read().decode().splitlines()
    check(not any("chunked response body" in line for line in lines), "pages that leave are no lines in the log", lines)
    said = [line for line in lines if "event=http" in line]
    check(all(line.startswith("time=20") and " level=warning event=http " in line for line in said),
          "what the log says of HTTP has time and level", said)
    print(f"# {len(said)} lines about HTTP")


def late(base):
    directory = os.path.join(base, "late")
    os.makedirs(directory)
    web = Web(directory)
    status, _, body = web.get("/courses/late")
    check(status == 200 and b"is being prepared" in body, "without a store a course is being prepared", body[:200])
    store = Store(directory)
    took = web.wait_for(COURSE)
    check(took is not None, "a store that comes later is found", took)
    store.run("UPDATE meta SET value = json_set(value, '$.title', 'Seen live') WHERE name = 'course'")
    check(b"Seen live" in web.get(COURSE)[2], "and read as it changes")
    store.close()
    os.unlink(os.path.join(directory, "state", "store.db"))
    for rest in ("-wal", "-shm"):
        path = os.path.join(directory, "state", "store.db" + rest)
        if os.path.exists(path):
            os.unlink(path)
    store = Store(directory)
    store.run("UPDATE meta SET value = json_set(value, '$.title', 'Made anew') WHERE name = 'course'")
    for _ in range(100):
        try:
            if b"Made anew" in web.get(COURSE)[2]:
                break
        except OSError:
            pass
        time.sleep(0.05)
    check(b"Made anew" in web.get(COURSE)[2], "a store that is made anew is found, too")
    time.sleep(0.5)  # until the worker before it has gone
    worker = web.worker()[0]
    assert os.path.exists(f"/proc/{worker}")
    web.process.kill()
    web.process.wait()
    time.sleep(0.3)
    check(not os.path.exists(f"/proc/{worker}") or open(f"/proc/{worker}/stat").read().split()[2] == "Z",
          "a worker does not outlive its keeper")
    store.close()


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def commands(base, web):
    course = os.path.join(base, "course")
    for name, arguments, code, words in (
            ("a taken port", [course, "--listen", f"127.0.0.1:{web.port}"], 69, "is taken by another program"),
            ("an address of the world", [course, "--listen", "0.0.0.0:0"], 77, "only loopback addresses"),
            ("an address of the world, IPv6", [course, "--listen", "[::]:0"], 77, "only loopback addresses"),
            ("no address", [course, "--listen", "here"], 64, "takes ADDRESS:PORT"),
            ("a port out of range", [course, "--listen", "127.0.0.1:65536"], 64, "takes ADDRESS:PORT"),
            ("no directory", [course + "/none"], 66, "is not a directory"),
            ("no course", [], 64, "at least one course"),
            ("an unknown option", [course, "--lisen", "127.0.0.1:0"], 64, "did you mean --listen"),
            ("a descriptor that does not listen", [course, "--listen-fd", "0"], 64, "does not listen"),
            ("a descriptor that is none", [course, "--listen-fd", "x"], 64, "takes N"),
    ):
        got = run(*arguments)
        check(got[0] == code and words in got[2] and got[2].count("\n") == 1, f"{name}: exit {code} and a sentence", got)
    got = run("--help")
    check(got[0] == 0 and "Example: holdout-web" in got[1] and "--listen" in got[1], "--help has an example", got)


def inherited(base):
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(16)
    os.set_inheritable(listening.fileno(), True)
    other = Web(os.path.join(base, "course"), "--listen-fd", str(listening.fileno()), pass_fds=[listening.fileno()])
    check(other.port == listening.getsockname()[1] and other.get(COURSE)[0] == 200, "an inherited socket is served")
    check(other.close()[0] == 0, "and ends")
    listening.close()


def main():
    with tempfile.TemporaryDirectory(prefix="holdout-wire-") as base:
        store = Store(os.path.join(base, "course"))
        web = Web(os.path.join(base, "course"))
        slow = threading.Thread(target=drip, args=(web,))
        slow.start()
        headers(web)
        hostile(web)
        crowd(web)
        events(web, store)
        commands(base, web)
        inherited(base)
        late(base)
        slow.join()
        keeping(web, store)
        store.close()
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


main()
