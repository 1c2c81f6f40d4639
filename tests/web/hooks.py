"""holdout-web as forges meet it: signed deliveries become events of the inbox, once each; floods lose none and store nothing
that is not signed. Prints TAP. hooks.py HOLDOUT-WEB"""
import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PROGRAM = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
SECRET = "it is known to both"
COURSE = "demo-2026"
count, failed = 0, 0


def check(ok, name, found=""):
    global count, failed
    count += 1
    failed += not ok
    print(("ok " if ok else "not ok ") + f"{count} - {name}", flush=True)
    if not ok:
        print("# " + repr(found)[:600], flush=True)


def push(team="cholesky", commit="a" * 40, ref="refs/heads/main", pushed=1770113472, **more):
    return json.dumps({"ref": ref, "before": "0" * 40, "after": commit, **more,
                       "repository": {"clone_url": f"https://Git.example.org/ml/{team}", "pushed_at": pushed,
                                      "ssh_url": f"git@git.example.org:ml/{team}.git"}}).encode()


def headers(body, secret=SECRET, event="push", delivery="d-1"):
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": "sha256=" + signature,
            "Content-Type": "application/json"}


class Web:
    def __init__(self, directory):
        self.file = os.path.join(directory, "port")
        self.log = open(os.path.join(directory, "log"), "w+b")
        self.process = subprocess.Popen([PROGRAM, directory, "--port-file", self.file, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        end = time.monotonic() + 20
        while not os.path.exists(self.file) and time.monotonic() < end:
            time.sleep(0.01)
        self.port = int(open(self.file).read())

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def post(self, body, fields, forge="github", course=COURSE, connection=None, method="POST"):
        for _ in range(50):  # a worker that is being replaced ends its connections
            to = connection or self.connect()
            try:
                to.request(method, f"/webhooks/{forge}/{course}", body, fields)
                answer = to.getresponse()
                return answer.status, answer.read(), dict(answer.getheaders())
            except (ConnectionError, http.client.HTTPException):
                to.close()
                time.sleep(0.1)
        raise SystemExit("no answer")

    def words(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode()

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def lay_out(directory):
    subprocess.run([sys.executable, os.path.join(HERE, "store.py"), directory, "--once"], check=True, stdout=subprocess.DEVNULL)
    inbox = sqlite3.connect(os.path.join(directory, "state", "inbox.db"), isolation_level=None)
    inbox.execute("PRAGMA journal_mode = WAL")
    with open(os.path.join(ROOT, "grader", "store", "inbox.sql"), encoding="utf-8") as schema:
        inbox.executescript("BEGIN;" + schema.read() + "PRAGMA user_version = 1; COMMIT;")
    os.makedirs(os.path.join(directory, "secrets", "web"), mode=0o700)
    write_secret(directory, "github", SECRET)
    return inbox


def write_secret(directory, forge, text):
    path = os.path.join(directory, "secrets", "web", forge)
    with open(path + ".new", "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text + "\n")
    os.rename(path + ".new", path)


def events(inbox):
    return [(once, json.loads(body), actor) for once, body, actor in
            inbox.execute("SELECT once, body, actor FROM event WHERE kind = 'webhook' ORDER BY seq")]


def first_words(web, inbox):
    body = push()
    status, answer, _ = web.post(body, headers(body))
    check(status == 202 and json.loads(answer)["status"] == "accepted", "a signed push is accepted", (status, answer))
    found = events(inbox)
    check(len(found) == 1 and found[0][1] == {"team": "cholesky", "forge": "github", "ref": "refs/heads/main", "commit": "a" * 40,
                                              "pushed_ms": 1770113472000, "delivery": "d-1"} and found[0][2] == "github",
          "it is one event of the inbox: team, ref, commit, push time, delivery", found)
    first = inbox.execute("SELECT at_ms FROM event").fetchone()
    for delivery in ("d-1", "d-2"):
        status, answer, _ = web.post(body, headers(body, delivery=delivery))
        check(status == 202 and "already" in json.loads(answer)["note"], f"the same bytes again, called {delivery}, are accepted", answer)
    check(len(events(inbox)) == 1 and inbox.execute("SELECT at_ms FROM event").fetchone() == first,
          "a redelivery and a replay under another name leave the first receipt as it was", events(inbox))
    ping = b'{"zen":"x"}'
    check(web.post(ping, headers(ping, event="ping"))[0] == 200, "a ping that knows the secret is answered")
    check(web.post(ping, headers(ping, event="issues"))[0] == 202, "an event that starts nothing is taken and left")
    other = push(team="nobody")
    status, answer, _ = web.post(other, headers(other))
    check(status == 202 and json.loads(answer)["status"] == "ignored", "a repository of no team is ignored", answer)
    check(len(events(inbox)) == 1, "none of these is stored", events(inbox))


def refusals(web, inbox):
    body = push(commit="b" * 40)
    status, _, _ = web.post(body, headers(body, secret="something else"))
    check(status == 403, "a wrong signature is 403", status)
    check(web.post(body, {"X-GitHub-Event": "push"})[0] == 403, "no signature is 403")
    check(web.post(body, headers(body), forge="gitea")[0] == 404, "a forge without a secrets file is 404")
    check(web.post(body, headers(body), course="no-such")[0] == 404, "an unknown course is 404")
    bad = b'{"ref": '
    check(web.post(bad, headers(bad))[0] == 400, "signed nonsense is 400")
    status, _, fields = web.post(None, {}, method="GET")
    check(status == 405 and fields.get("Allow") == "POST", "reading the address is 405 and says POST", (status, fields))
    large = push(filler="x" * (1 << 20))
    check(web.post(large, headers(large))[0] == 413, "a body of more than 1 MiB is 413")
    chunked = web.connect()
    try:
        chunked.request("POST", f"/webhooks/github/{COURSE}", iter([b"x" * 65536] * 32), headers(large), encode_chunked=True)
        status = chunked.getresponse().status
    except ConnectionError:
        status = 413
    check(status == 413, "also when it does not say its length", status)
    whole = push(commit="c" * 40, filler="x" * (1000 * 1000))
    check(web.post(whole, headers(whole))[0] == 202, "one of nearly 1 MiB is taken")
    check([e[1]["commit"][0] for e in events(inbox)] == ["a", "c"], "nothing of what was refused is stored", events(inbox))
    check(SECRET not in web.words() and "something else" not in web.words(), "no secret stands in the log")
    check("event=webhook_refused" in web.words(), "the log says that there were wrong ones", web.words())


def rotation(web, inbox, directory):
    write_secret(directory, "github", "the new one\n" + SECRET)
    write_secret(directory, "gitlab", "a token")
    old, new = push(commit="d" * 40), push(commit="e" * 40)
    end = time.monotonic() + 10
    while web.post(new, headers(new, secret="the new one"))[0] != 202 and time.monotonic() < end:
        time.sleep(0.1)
    check(web.post(old, headers(old))[0] == 202, "while a secret is changed both are valid, without a restart")
    check([e[1]["commit"][0] for e in events(inbox)][-2:] == ["e", "d"], "and both deliveries are kept", events(inbox))
    body = push(commit="f" * 40).replace(b'"repository"', b'"project"')
    fields = {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": "a token", "Idempotency-Key": "g-1"}
    body = body.replace(b"clone_url", b"git_http_url")
    check(web.post(body, fields, forge="gitlab")[0] == 202 and events(inbox)[-1][0] == "webhook gitlab g-1",
          "a GitLab push goes by the name of its delivery", events(inbox)[-1:])


def flood(web, inbox):
    teams = ["cholesky", "nocode", "stumps", "boehm"]
    good = [push(team=teams[i % 4], commit=f"{i:040x}") for i in range(1, 1001)]
    bad = push(commit="9" * 40)
    work = []
    for i, body in enumerate(good):
        work.append((202, body, headers(body)))
        work.append((202, body, headers(body, delivery=f"again-{i}")))
        work += [(403, bad, headers(bad, secret=f"wrong {i}"))] * 3
    before = len(events(inbox))
    size = os.path.getsize(inbox.execute("PRAGMA database_list").fetchone()[2])
    slow, wrong, lock, stop = [], [], threading.Lock(), threading.Event()

    def deliver(part):
        connection = web.connect()
        for wanted, body, fields in part:
            status = web.post(body, fields, connection=connection)[0]
            if status != wanted and not (wanted == 403 and status == 429):
                with lock:
                    wrong.append((wanted, status))

    def look():
        while not stop.is_set():
            began = time.monotonic()
            with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/courses/{COURSE}", timeout=10) as page:
                page.read()
            slow.append(time.monotonic() - began)

    # 5,000 deliveries by 50 clients, each team's share below its limit a minute
    threads = [threading.Thread(target=deliver, args=(work[i::50],)) for i in range(50)]
    reader = threading.Thread(target=look)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    reader.join()
    check(not wrong, "of 5,000 deliveries each gets the answer that it should", wrong[:5])
    check(len(events(inbox)) - before == 1000, "the 1,000 good ones are kept, once each", len(events(inbox)) - before)
    inbox.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    grown = os.path.getsize(inbox.execute("PRAGMA database_list").fetchone()[2]) - size
    check(grown < 1500 * 1000, "and the disk holds them, nothing else", grown)
    check(slow and max(slow) < 8, f"pages came all the while ({len(slow)} of them)", slow)
    lines = [line for line in web.words().splitlines() if "webhook_refused" in line]
    check(len(lines) < 60, "the log has a few lines about it", len(lines))
    check(SECRET not in web.words(), "and no secret")


def closed(web, inbox):
    inbox.execute("BEGIN IMMEDIATE")
    body = push(commit="7" * 40)
    waiting = []
    thread = threading.Thread(target=lambda: waiting.append(web.post(body, headers(body))[0]))
    thread.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/healthz", timeout=10) as page:
        check(page.status == 200 and not waiting, "while the inbox is locked pages come, a delivery waits")
    inbox.execute("COMMIT")
    thread.join()
    check(waiting == [202], "and is accepted when it is free", waiting)


def slowly(web, inbox):
    """Signed bodies that come a byte at a time: each costs one connection, for a bounded time, and nobody else anything."""
    body = push(commit="5" * 40, filler="x" * 100000)
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers(body, delivery="slow").items())
    head = f"POST /webhooks/github/{COURSE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode()
    ended = []

    def drip():
        with socket.create_connection(("127.0.0.1", web.port), timeout=1) as client:
            client.sendall(head)
            for at in range(200):  # with no end of its own before the guard of this test
                try:
                    client.sendall(body[at:at + 1])
                    time.sleep(0.5)
                    client.setblocking(False)
                    if not client.recv(1000):
                        break
                except BlockingIOError:
                    client.settimeout(1)
                    continue
                except OSError:
                    break
            else:
                return
        ended.append(at)

    threads = [threading.Thread(target=drip) for _ in range(100)]
    for thread in threads:
        thread.start()
    before = len(events(inbox))
    # of each team no more than its limit a minute leaves; the others start nothing
    good = [push(team="boehm" if i % 5 == 0 else "nobody", commit=f"{i:039x}5") for i in range(1, 201)]
    answers = []

    def deliver(part):
        connection = web.connect()
        answers.extend(web.post(one, headers(one), connection=connection)[0] for one in part)

    others = [threading.Thread(target=deliver, args=(good[i::20],)) for i in range(20)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()
    check(sorted(set(answers)) == [202] and len(answers) == 200, "beside 100 that drip, 200 deliveries are accepted", answers)
    check(len(events(inbox)) - before == 40, "and those of a team are kept", len(events(inbox)) - before)
    check(not ended, "while all 100 still drip", ended)
    for thread in threads:
        thread.join()
    check(len(ended) == 100, "each of those is cut off in the end", len(ended))
    check(not [e for e in events(inbox) if e[1]["commit"] == "5" * 40], "and leaves nothing")


def main():
    with tempfile.TemporaryDirectory(prefix="holdout-hooks-") as directory:
        inbox = lay_out(directory)
        web = Web(directory)
        first_words(web, inbox)
        refusals(web, inbox)
        rotation(web, inbox, directory)
        flood(web, inbox)
        closed(web, inbox)
        slowly(web, inbox)
        check(web.close() == 0, "it ends when it is told to")
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
