"""The faults: each is a row of the table, a name, where it strikes, and a function that does it to a stage."""
import base64
import collections
import contextlib
import fcntl
import hashlib
import hmac
import http.client
import http.server
import json
import os
import shutil
import sqlite3
import ssl
import subprocess
import threading
import time

import course as courses
from service import Service, query, until

Fault = collections.namedtuple("Fault", "name where run")
KINDS = ("warden", "grader", "web", "nursery", "grade-one", "fetch-one", "launcher", "box")
STATES = ("queued", "fetching", "building", "training", "predicting", "evaluating", "judging", "done")


def undisturbed(stage):
    stage.open()


# ---- SIGKILL ----

def boundary(kind):
    """At the next sight of each state, a process of that kind is killed."""
    def run(stage):
        stage.open()
        left = set(STATES)
        while left:
            with contextlib.suppress(sqlite3.OperationalError):
                rows = query(stage.course, "SELECT state, ended_ms FROM run")
                for state in left & {state for state, _ in rows}:
                    if stage.strike(kind):
                        left.discard(state)
                        break
                if len([1 for _, ended in rows if ended]) == stage.wanted:
                    break
        stage.note = f"never met: {', '.join(sorted(left))}" if left else ""
    return run


def moments(count, kinds=KINDS):
    def run(stage):
        stage.open()
        for _ in range(count):
            time.sleep(stage.chance.uniform(0.02, 0.8))
            for kind in stage.chance.sample(kinds, len(kinds)):
                if stage.strike(kind):
                    break
    return run


def serving(kinds):
    """While a team's server is asked, one process after the other is killed: the run is done again, and ends as it should."""
    def run(stage):
        away = (1, 4, 6, 9)

        def serve(course):
            with open(course + "/course.yaml") as file:
                text = file.read()
            text = text.replace("deliverables:\n", "deliverables:\n  - {id: live, tasks: [coin], due: 2099-02-13T18:00:00+01:00, needs: [model, serve]}\n")
            courses.write(course + "/course.yaml", text.replace("predict_s: 10,", "predict_s: 10, serve_s: 20,"))
            for number in away:
                courses.commit(f"{course}/../repos/t{number:02d}.git", courses.served(number), "served")

        stage.open(config=serve)
        stage.ignored = {f"t{number:02d}" for number in away}
        left = list(kinds)
        end = time.monotonic() + 120
        while left and time.monotonic() < end:
            with contextlib.suppress(sqlite3.OperationalError):
                if query(stage.course, "SELECT 1 FROM run WHERE state = 'serving'"):
                    time.sleep(stage.chance.uniform(0, 0.3))
                    if query(stage.course, "SELECT 1 FROM run WHERE state = 'serving'") and stage.strike(left[0]):
                        left.pop(0)
                elif query(stage.course, "SELECT count(*) FROM run WHERE ended_ms > 0")[0][0] >= stage.wanted:
                    break
            time.sleep(0.02)
        stage.note = f"never met: {', '.join(left)}" if left else ""
        stage.wait_graded(180)
        found = query(stage.course, "SELECT s.team, r.state, r.verdict, r.message, p.name, p.verdict FROM run r JOIN submission s ON"
                                    " s.id = r.submission JOIN step p ON p.run = r.id WHERE p.name LIKE 'serve%' ORDER BY 1, 5")
        wanted = [(f"t{number:02d}", "done", "ok", "", name, "ok") for number in away for name in ("serve", "serve-sample")]
        if [row[:3] + row[4:] for row in found] != [row[:3] + row[4:] for row in wanted]:
            stage.complaints.append(f"the served runs ended otherwise: {found}")
    return run


# ---- clocks, disks, files ----

def shim_build(stage):
    path = stage.root + "/shim.so"
    if not os.path.exists(path):
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim.c")
        subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu17", "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", path, source],
                       check=True)
    return path


def clock_write(path, utc_ms, boot_ms=0):
    with open(path, "r+b" if os.path.exists(path) else "wb") as file:
        file.write(utc_ms.to_bytes(8, "little", signed=True) + boot_ms.to_bytes(8, "little", signed=True))


def clock_jumps(stage):
    clock = stage.root + "/clock"
    clock_write(clock, 0)
    stage.open(shim_build(stage), {"HOLDOUT_FAULT_CLOCK": clock})
    for hour in (1, -1, 1, 0, -2, 0):
        time.sleep(stage.chance.uniform(0.3, 0.7))
        clock_write(clock, hour * 3600000)
        stage.times += 1


def locked(stage):
    stage.open()
    stage.progress(0.3)
    with contextlib.closing(sqlite3.connect(stage.course + "/state/store.db", isolation_level=None, timeout=30)) as db:
        db.execute("BEGIN EXCLUSIVE")
        stage.times += 1
        time.sleep(10)
        db.execute("ROLLBACK")


def read_only(stage):
    """The store cannot be written by a grader that starts: it waits, and grades once it can."""
    stage.open()
    stage.progress(0.2)
    path = stage.course + "/state/store.db"
    about = os.stat(path)
    os.chown(path, 0, 0)
    os.chmod(path, 0o444)
    stage.strike("grader")
    time.sleep(2)
    os.chown(path, about.st_uid, about.st_gid)
    os.chmod(path, about.st_mode & 0o7777)


def full_disk(stage):
    def small(course):
        state = course + "/state"
        os.rename(state, state + ".old")
        os.mkdir(state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=755", "tmpfs", state], check=True)
        stage.cleanups.append(lambda: subprocess.run(["umount", "-l", state], check=False))
        subprocess.run(["cp", "-a", state + ".old/.", state], check=True)

    stage.open(config=small)
    stage.progress(0.2)
    ballast = stage.course + "/state/ballast"
    for size in (65536, 512):
        with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * size):
                pass
    stage.times += 1
    time.sleep(4)
    os.remove(ballast)


def course_broken(stage):
    stage.open()
    path = stage.course + "/course.yaml"
    with open(path) as file:
        good = file.read()
    for bad in (good.replace("tasks:", "taskz:", 1), "", "schema: [", good[:len(good) // 2]):
        time.sleep(stage.chance.uniform(0.3, 1.2))
        with open(path, "w") as file:
            file.write(bad)
        stage.times += 1
    stage.strike("grader")  # and it starts again with the version before
    time.sleep(1.5)
    with open(path, "w") as file:
        file.write(good)


# ---- two services, a reboot, a power cut ----

def two_services(stage):
    stage.open()
    for _ in range(3):
        second = Service(stage.course)
        second.start(wait=False)
        code = second.process.wait(20)
        stage.times += 1
        if code != 69:
            stage.complaints.append(f"the second service ended with {code}")


def move(stage):
    """All processes killed, the course copied, the copy taken for the course. Nobody may look meanwhile."""
    stage.service.kill()
    stage.times += 1
    away = stage.place + "/away"
    os.rename(stage.course, away)
    subprocess.run(["cp", "-a", away, stage.course], check=True)


def reboot(stage):
    """The copy starts under another boot id, and with a boot clock that began anew."""
    clock, boot_id = stage.root + "/clock", stage.root + "/boot_id"
    clock_write(clock, 0)
    with open(boot_id, "w") as file:
        file.write("11111111-2222-3333-4444-555555555555\n")
    stage.open()
    stage.progress(0.4)
    with stage.commands, open("/proc/uptime") as file:
        move(stage)
        clock_write(clock, 0, int((5 - float(file.read().split()[0])) * 1000))
        stage.service = Service(stage.course, shim_build(stage), {"HOLDOUT_FAULT_CLOCK": clock}, boot_id)
        stage.service.start()


def cut(course, synced):
    """
    Each file of state/ as it was when it was last synced; what never was is gone. Names are kept, as by file systems whose
    journal takes a rename to the disk with the next sync of any file behind it, here that of the row which tells of it.
    """
    def key(path):
        fd = os.open(path, os.O_RDONLY)
        try:
            generation = bytearray(8)
            with contextlib.suppress(OSError):
                fcntl.ioctl(fd, 0x80087601, generation)  # FS_IOC_GETVERSION
            return f"{os.fstat(fd).st_ino}-{int.from_bytes(generation[:4], 'little', signed=True)}"
        finally:
            os.close(fd)

    cuts = 0
    for folder, _, names in os.walk(course + "/state"):
        for name in names:
            path = folder + "/" + name
            if name.endswith("-shm"):
                os.remove(path)
                continue
            there = f"{synced}/{key(path)}"
            if not os.path.exists(there):
                cuts += 1
                os.truncate(path, 0) if name.endswith("-wal") else os.remove(path)
                continue
            with open(there, "rb") as file:
                content = file.read()
            with open(path, "r+b") as file:
                cuts += file.read() != content
                file.seek(0)
                file.truncate()
                file.write(content)
    return cuts


def power_cut(count):
    def run(stage):
        synced = stage.root + "/synced"
        environment = {"HOLDOUT_FAULT_SYNCED": synced}
        shutil.rmtree(synced, ignore_errors=True)
        os.mkdir(synced)
        os.chmod(synced, 0o777)
        stage.open(shim_build(stage), environment, config=lambda course: synced_begin(course, synced))
        for at in range(count):
            stage.progress((at + 1) / (count + 2))
            with stage.commands:  # a command is killed with its machine, too; here it is only kept away
                stage.service.kill()
                stage.times += 1
                stage.cuts = cut(stage.course, synced)
                stage.service.start()
    return run


def synced_begin(course, synced):
    """What the copy of the template holds has long been on the disk."""
    code = ("import os, sys\nfor d, _, f in os.walk(sys.argv[1]):\n  for n in f + ['.']:\n"
            "    fd = os.open(d + '/' + n, os.O_RDONLY); os.fsync(fd); os.close(fd)")
    subprocess.run(["/usr/bin/python3", "-c", code, course + "/state"], check=True,
                   env=dict(os.environ, LD_PRELOAD=os.path.dirname(synced) + "/shim.so", HOLDOUT_FAULT_SYNCED=synced))


# ---- what comes from outside ----

def pusher(seconds):
    def run(stage):
        """One team pushes each second: the others do not notice, and what is queued is superseded."""
        stage.open()
        stage.ignored = {"t01"}
        repository = stage.repos + "/t01.git"
        for second in range(seconds):
            last = courses.commit(repository, courses.team_files(1, second + 2), f"version {second + 2}")
            stage.times += 1
            time.sleep(1)
        until(lambda: query(stage.course, f"SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE"
                                          f" s.commit_id = '{last}' AND r.state = 'done'")[0][0] == 1, 60,
              "the newest version was not graded")
        first = query(stage.course, "SELECT max(r.started_ms) FROM run r JOIN submission s ON s.id = r.submission WHERE s.team <> 't01'")[0][0]
        before = query(stage.course, f"SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.team = 't01'"
                                     f" AND r.started_ms > 0 AND r.started_ms < {first}")[0][0]
        if before > 1 + len(query(stage.course, "SELECT 1 FROM team")) // 10:
            stage.complaints.append(f"{before} runs of the pushing team began before all others had theirs")
    return run


def flood(count):
    def run(stage):
        secret = b"only the forge knows this"

        def secrets(course):
            os.makedirs(course + "/secrets/web", exist_ok=True)
            courses.write(course + "/secrets/web/github", secret.decode() + "\n", 0o600)
            subprocess.run(["chmod", "-R", "go=", course + "/secrets"], check=True)

        stage.open(config=secrets)
        answers = collections.Counter()

        def deliver(at):
            team = f"t{at % stage.teams + 1:02d}"
            body = json.dumps({"ref": "refs/heads/main", "before": "0" * 40, "after": f"{at % 50:040x}",
                               "repository": {"clone_url": f"file:{team}.git", "pushed_at": int(time.time())}}).encode()
            key = secret if at % 4 else b"a guess"
            headers = {"X-GitHub-Event": "push", "Content-Type": "application/json", "X-GitHub-Delivery": str(at % 1000),
                       "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()}
            return body, headers

        def send(first):
            connection = None
            for at in range(first, count, 4):
                body, headers = deliver(at)
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", stage.service.port, timeout=30)
                    connection.request("POST", "/webhooks/github/faults", body, headers)
                    answer = connection.getresponse()
                    answer.read()
                    answers[answer.status, bool(at % 4)] += 1
                except (OSError, http.client.HTTPException):
                    connection = None
                    answers["refused", bool(at % 4)] += 1
        threads = [threading.Thread(target=send, args=(at,)) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stage.times = count
        if any(good is False and status in (200, 202) for status, good in answers):
            stage.complaints.append(f"wrong signatures were taken: {dict(answers)}")
        if not answers[202, True] + answers[200, True]:
            stage.complaints.append(f"nothing was taken: {dict(answers)}")
        stage.note = ", ".join(f"{n} × {status} for {'right' if good else 'wrong'} signatures" for (status, good), n in sorted(answers.items(), key=str))
    return run


def keys_make(stage):
    """A certificate for localhost."""
    keys = stage.root + "/keys"
    os.makedirs(keys, exist_ok=True)
    if not os.path.exists(keys + "/cert.pem"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", keys + "/cert.key", "-out", keys + "/cert.pem"],
                       check=True, capture_output=True)
    return keys


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes webhooks; the first few get no answer, or a fault."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.count += 1
        if self.server.count == 2:
            self.close_connection = True
            return
        if self.server.count in (1, 3):
            self.send_response(503)
        else:
            self.server.told[body["data"].get("run", "")] += 1
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def told(count):
    """Ends of runs are told while the process that tells them is killed and its receiver fails: each at least once."""
    def run(stage):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        server.count, server.told = 0, collections.Counter()
        keys = keys_make(stage)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(keys + "/cert.pem", keys + "/cert.key")
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stage.cleanups.append(server.server_close)
        stage.cleanups.append(server.shutdown)

        def wish(course):
            os.makedirs(course + "/secrets/grader/webhooks", exist_ok=True)
            courses.write(course + "/secrets/grader/webhooks/chat", "whsec_" + base64.b64encode(b"k" * 32).decode() + "\n", 0o600)
            os.makedirs(course + "/secrets/grader/localhost", exist_ok=True)
            shutil.copy(keys + "/cert.pem", course + "/secrets/grader/localhost/ca.pem")
            subprocess.run(["chmod", "-R", "go=", course + "/secrets"], check=True)
            with open(course + "/course.yaml", "a") as file:
                file.write("announce:\n  url: http://board.example/\n  allow_private: true\n  webhooks:\n    - {name: chat, "
                           f"url: \"https://localhost:{server.server_port}/hook\", events: [run.ended]}}\n")
        stage.open(config=wish)
        end = time.monotonic() + 60
        while stage.times < count and time.monotonic() < end:
            stage.strike("send-one")
            time.sleep(0.05)
        stage.wait_graded()
        ended = {row[0] for row in query(stage.course, "SELECT r.id FROM run r JOIN submission s ON s.id = r.submission"
                                                       " WHERE s.team <> 't00'")}
        until(lambda: ended <= set(server.told), 240, f"only {len(set(server.told) & ended)} of {len(ended)} ends were told")
        stage.note = f"{sum(server.told[run] > 1 for run in ended)} of {len(ended)} told more than once"
    return run


def server(mode):
    """Three teams' repositories lie on a server that stalls, drops or talks nonsense; the others do not notice."""
    def run(stage):
        away = (4, 9, 12)
        stage.ignored_next = {f"t{n:02d}" for n in away}
        keys = keys_make(stage)
        evil = subprocess.Popen(["/usr/bin/python3", "tests/grader/source/server.py", mode, stage.root + "/template/../repos", keys],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = int(evil.stdout.readline())

        def arrange(course):
            path = course + "/course.yaml"
            with open(path) as file:
                text = file.read()
            text = text.replace("allow: []", f'allow: ["https://localhost:{port}/*"], allow_private: true')
            courses.write(path, text)
            with open(course + "/teams.csv") as file:
                teams = file.read()
            for n in away:
                teams = teams.replace(f"file:t{n:02d}.git", f"https://localhost:{port}/t{n:02d}.git")
            courses.write(course + "/teams.csv", teams)
            os.makedirs(course + "/secrets/grader/localhost", exist_ok=True)
            shutil.copy(keys + "/cert.pem", course + "/secrets/grader/localhost/ca.pem")
            subprocess.run(["chmod", "-R", "go=", course + "/secrets"], check=True)

        def ended():
            evil.stdin.close()
            evil.wait()
        stage.cleanups.append(ended)
        stage.open(config=arrange)
        stage.ignored = stage.ignored_next
        stage.wanted = stage.teams + 1 - len(away)
        stage.wait_graded()
        time.sleep(3)
        stage.times = query(stage.course, "SELECT count(*) FROM team WHERE id IN ('t04', 't09', 't12') AND state <> 'ok'")[0][0]
        if stage.times != len(away):
            stage.complaints.append(f"{stage.times} of {len(away)} repositories are told as unreachable")
    return run


def table(short, count):
    rows = [Fault("none", "", undisturbed)]
    kinds = ("warden", "grader", "grade-one") if short else KINDS
    rows += [Fault(f"SIGKILL {kind}", "each state's first sight", boundary(kind)) for kind in kinds]
    group = min(count, 5)
    for at in range(0, count, group or 1):
        rows.append(Fault("SIGKILL any process", f"random moments {at + 1}-{min(at + group, count)}", moments(min(group, count - at))))
    serve_kinds = ("grade-one", "box") if short else ("warden", "grader", "nursery", "grade-one", "launcher", "box", "web")
    rows.append(Fault("SIGKILL, one after the other", "while a server is asked", serving(serve_kinds)))
    if os.geteuid() == 0:
        rows += [Fault("store read-only", "a grader starts", read_only)]
        rows += [Fault("disk full", "state/, 4 s", full_disk)] * (not short)
        rows += [Fault("reboot", "copy, new boot id and clock", reboot)]
    rows += [Fault("database locked", "store.db, 10 s", locked)] * (not short)
    rows += [Fault("clock jumps", "an hour forth and back", clock_jumps),
             Fault("power cut", "unsynced writes dropped", power_cut(2 if short else 8)),
             Fault("course file broken", "four ways, and a kill", course_broken),
             Fault("two services", "the second refuses", two_services),
             Fault("webhook flood", "double, wrong signatures", flood(600 if short else 5000)),
             Fault("a push a second", "one team", pusher(4 if short else 20))]
    rows.append(Fault("SIGKILL send-one", "webhooks, a faulty receiver", told(1 if short else 4)))
    for mode in ("garbage",) if short else ("stall", "garbage", "endless", "drop", "redirect"):
        rows.append(Fault("git server", mode, server(mode)))
    return rows
