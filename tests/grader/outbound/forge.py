#!/usr/bin/python3
"""A forge and a receiver of webhooks on loopback, over TLS: forge.py ROOT DIR prints its port and ends with its stdin.

Serves the repositories beneath ROOT by http, takes commit statuses as GitHub, GitLab and Gitea document them, and
webhooks at /hook. Certificate DIR/cert.pem, DIR/cert.key. Each POST to the API becomes a line of JSON in DIR/posts:
what it was, and in `faults` each field that the forge's documentation does not have so. DIR/mode says how it answers:
ok 401 403limit 404 422 429 500 redirect garbage endless silence; a number behind it, so often, then ok.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import socketserver
import ssl
import subprocess
import sys
import threading
import time

ROOT, DIR = sys.argv[1:3]
TOKEN = 'f0rge-t0ken'
KEY = b'0123456789abcdef0123456789abcdef'
STATES = {'github': {'error', 'failure', 'pending', 'success'},
          'gitlab': {'pending', 'running', 'success', 'failed', 'canceled'},
          'gitea': {'pending', 'success', 'error', 'failure', 'warning'}}
PATHS = {'github': r'/api/v3/repos/[\w.-]+/[\w.-]+/statuses/[0-9a-f]{40}',
         'gitlab': r'/api/v4/projects/[\w.-]+(%2F[\w.-]+)+/statuses/[0-9a-f]{40}',
         'gitea': r'/api/v1/repos/[\w.-]+/[\w.-]+/statuses/[0-9a-f]{40}'}
KEYS = {'github': {'state', 'context', 'description', 'target_url'},
        'gitlab': {'state', 'name', 'description', 'target_url', 'ref'},
        'gitea': {'state', 'context', 'description', 'target_url'}}
HEADERS = {'github': {'Accept': 'application/vnd.github+json', 'Authorization': 'Bearer ' + TOKEN,
                      'X-GitHub-Api-Version': '2022-11-28'},
           'gitlab': {'PRIVATE-TOKEN': TOKEN}, 'gitea': {'Authorization': 'token ' + TOKEN}}
ANSWERS = {'401': (401, {}, {'message': 'Bad credentials'}), '404': (404, {}, {'message': 'Not Found'}),
           '403limit': (403, {'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': str(int(time.time()) + 600)},
                        {'message': 'API rate limit exceeded'}),
           '422': (422, {}, {'message': 'No commit found for SHA'}), '500': (500, {}, {'message': 'Server Error'}),
           '429': (429, {'Retry-After': '120'}, {'message': 'Slow down'}),
           'redirect': (302, {'Location': 'https://localhost/elsewhere'}, {})}
lock = threading.Lock()


def status_faults(kind, headers, body):
    faults = [name for name, value in HEADERS[kind].items() if headers.get(name) != value]
    context = body.get('name' if kind == 'gitlab' else 'context', '')
    faults += ['key ' + key for key in body if key not in KEYS[kind]]
    faults += ['state'] if body.get('state') not in STATES[kind] else []
    faults += ['context'] if not re.fullmatch(r'holdout(/[\w.-]+)?', context) else []
    faults += ['description'] if not 0 < len(body.get('description', '')) <= 140 else []
    faults += ['target_url'] if not re.fullmatch(r'https?://[^ ]+/courses/[^ /]+/runs/[0-9A-Z]{26}',
                                                 body.get('target_url', '')) else []
    return faults


def hook_faults(headers, raw, body):
    words = '%s.%s.' % (headers.get('webhook-id'), headers.get('webhook-timestamp'))
    wanted = base64.b64encode(hmac.new(KEY, words.encode() + raw, hashlib.sha256).digest()).decode()
    faults = ['signature'] if headers.get('webhook-signature') != 'v1,' + wanted else []
    faults += ['timestamp'] if abs(int(headers.get('webhook-timestamp', 0)) - time.time()) > 300 else []
    faults += ['id'] if not re.fullmatch(r'msg_[0-9a-f]{24}', headers.get('webhook-id', '')) else []
    return faults + ['key ' + key for key in ('type', 'timestamp', 'data') if key not in body]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def mode(self):
        with lock:
            try:
                with open(DIR + '/mode') as file:
                    word, _, times = file.read().strip().partition(' ')
            except OSError:
                return 'ok'
            if times:
                with open(DIR + '/mode', 'w') as file:
                    file.write('ok' if int(times) <= 1 else '%s %d' % (word, int(times) - 1))
            return word or 'ok'

    def note(self, kind, raw, body, faults):
        for name, value in (('Content-Type', 'application/json'), ('Transfer-Encoding', None)):
            faults += [name] if self.headers.get(name) != value else []
        faults += ['User-Agent'] if not (self.headers.get('User-Agent') or '').startswith('holdout/') else []
        mode = self.mode()
        line = {'kind': kind, 'path': self.path, 'id': self.headers.get('webhook-id'), 'body': body, 'faults': faults,
                'mode': mode, 'peer': self.client_address[1]}
        with lock, open(DIR + '/posts', 'a') as file:
            file.write(json.dumps(line) + '\n')
        return mode

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        kind = next((kind for kind, path in PATHS.items() if re.fullmatch(path, self.path)), None)
        if not kind and self.path != '/hook':
            return self.backend(raw)
        body = json.loads(raw)
        faults = status_faults(kind, self.headers, body) if kind else hook_faults(self.headers, raw, body)
        mode = self.note(kind or 'hook', raw, body, faults)
        if faults:
            return self.answer(400, {}, {'message': 'wrong: ' + ', '.join(faults)})
        if mode in ANSWERS:
            return self.answer(*ANSWERS[mode])
        if mode == 'garbage':
            return self.answer(200, {}, b'<html>log in first</html>\0\xff\x1b[2J')
        if mode == 'endless':
            self.send_response(201)
            self.end_headers()
            self.close_connection = True
            while True:
                self.wfile.write(b'{"a":1}' * 1000)
        if mode == 'silence':
            time.sleep(120)
        return self.answer(201, {}, {'id': 1, 'status': body.get('state')})

    def do_GET(self):
        return self.backend(b'')

    def backend(self, body):
        path, _, query = self.path.partition('?')
        env = {'PATH': os.environ['PATH'], 'GIT_PROJECT_ROOT': ROOT, 'GIT_HTTP_EXPORT_ALL': '1',
               'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'safe.directory', 'GIT_CONFIG_VALUE_0': '*',
               'PATH_INFO': path, 'QUERY_STRING': query, 'REQUEST_METHOD': self.command,
               'CONTENT_TYPE': self.headers.get('Content-Type') or '', 'CONTENT_LENGTH': str(len(body)),
               'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding') or ''}
        out = subprocess.run(['git', 'http-backend'], input=body, env=env, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout
        head, _, rest = out.partition(b'\r\n\r\n')
        fields = dict(line.split(': ', 1) for line in head.decode().split('\r\n') if ': ' in line)
        return self.answer(int(fields.pop('Status', '200').split()[0]), fields, rest)


server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
server.handle_error = lambda *args: None
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(DIR + '/cert.pem', DIR + '/cert.key')
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
threading.Timer(300, os._exit, [0]).start()
sys.stdin.read()
os._exit(0)
