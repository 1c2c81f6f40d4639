#!/usr/bin/python3
"""Git servers on loopback for test_fetch_net: server.py MODE ROOT DIR prints its port and ends with its stdin.

https MODEs (certificate DIR/cert.pem, DIR/cert.key): git | kept | token | redirect | elsewhere | garbage | endless | drop | stall
ssh (host key DIR/host_key, the team's public key DIR/key.pub): ssh
kept is git with connections that last; stall accepts and says nothing, not even TLS.
"""
import http.server
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading

MODE, ROOT, DIR = sys.argv[1:4]
TOKEN = 'Basic ' + __import__('base64').b64encode(b'robot:t0ken').decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1' if MODE == 'kept' else 'HTTP/1.0'
    wbufsize = -1  # head and body in one piece, at once
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def refuse(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def answer(self):
        if MODE == 'token' and self.headers.get('Authorization') != TOKEN:
            return self.refuse(401, WWW_Authenticate='Basic realm="x"')
        if self.path.startswith('/moved'):
            self.path = self.path[len('/moved'):]
        elif MODE == 'redirect':
            return self.refuse(301, Location='https://localhost:%d/moved%s' % (PORT, self.path))
        elif MODE == 'elsewhere':
            return self.refuse(301, Location='https://127.0.0.1:%d/moved%s' % (PORT, self.path))
        if MODE == 'drop':  # the connection ends within a pkt-line
            self.send_response(200)
            self.send_header('Content-Type', 'application/x-git-upload-pack-advertisement')
            self.send_header('Content-Length', '4000')
            self.end_headers()
            self.wfile.write(b'001e# service=git-upload-pack\n0000003f')
            self.close_connection = True
            return None
        if MODE in ('garbage', 'endless'):
            self.send_response(200)
            self.send_header('Content-Type', 'application/x-git-upload-pack-advertisement')
            self.end_headers()
            while self.wfile.write(b'this is no pkt-line ' * 500) and MODE == 'endless':
                pass
            self.close_connection = True
            return None
        return self.backend()

    do_GET = do_POST = answer

    def backend(self):
        path, _, query = self.path.partition('?')
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.headers.get('Transfer-Encoding') == 'chunked':
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        env = {'PATH': os.environ['PATH'], 'GIT_PROJECT_ROOT': ROOT, 'GIT_HTTP_EXPORT_ALL': '1',
               'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'safe.directory', 'GIT_CONFIG_VALUE_0': '*',
               'PATH_INFO': path, 'QUERY_STRING': query, 'REQUEST_METHOD': self.command,
               'CONTENT_TYPE': self.headers.get('Content-Type') or '', 'CONTENT_LENGTH': str(len(body)),
               'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding') or ''}
        out = subprocess.run(['git', 'http-backend'], input=body, env=env, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout
        head, _, rest = out.partition(b'\r\n\r\n')
        fields = dict(line.split(': ', 1) for line in head.decode().split('\r\n') if ': ' in line)
        self.send_response(int(fields.pop('Status', '200').split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)


def serve_https():
    server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DIR + '/cert.pem', DIR + '/cert.key')
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server.server_address[1], server.serve_forever


def serve_stall():
    server = socket.create_server(('127.0.0.1', 0))

    def loop():
        kept = []
        while True:
            kept.append(server.accept())
    return server.getsockname()[1], loop


def serve_ssh():
    import paramiko
    with open(DIR + '/key.pub') as file:
        known = file.read().split()[1]

    class Team(paramiko.ServerInterface):
        def get_allowed_auths(self, username):
            return 'publickey'

        def check_auth_publickey(self, username, key):
            good = username == 'git' and key.get_base64() == known
            return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

        def check_channel_request(self, kind, chanid):
            return paramiko.OPEN_SUCCEEDED

        def check_channel_exec_request(self, channel, command):
            threading.Thread(target=upload, args=(channel, command.decode()), daemon=True).start()
            return True

    def upload(channel, command):
        program, path = command.split(' ', 1)
        assert program == 'git-upload-pack'
        env = {'PATH': os.environ['PATH'], 'GIT_CONFIG_COUNT': '1', 'GIT_CONFIG_KEY_0': 'safe.directory',
               'GIT_CONFIG_VALUE_0': '*'}
        child = subprocess.Popen([program, ROOT + path.strip("'")], env=env, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)

        def feed():
            while True:
                piece = channel.recv(65536)
                if not piece:
                    break
                child.stdin.write(piece)
            child.stdin.close()
        threading.Thread(target=feed, daemon=True).start()
        try:
            while True:
                piece = child.stdout.read(65536)
                if not piece:
                    break
                channel.sendall(piece)
            channel.send_exit_status(child.wait())
            channel.close()
        except (EOFError, OSError):
            pass  # the client has hung up

    server = socket.create_server(('127.0.0.1', 0))

    def loop():
        kept = []
        while True:
            transport = paramiko.Transport(server.accept()[0])
            transport.add_server_key(paramiko.Ed25519Key(filename=DIR + '/host_key'))
            try:
                transport.start_server(server=Team())
            except Exception:
                pass
            kept.append(transport)
    import logging
    logging.getLogger('paramiko').setLevel(logging.CRITICAL)
    return server.getsockname()[1], loop


PORT, run = {'ssh': serve_ssh, 'stall': serve_stall}.get(MODE, serve_https)()
threading.Thread(target=run, daemon=True).start()
print(PORT, flush=True)
threading.Timer(120, os._exit, [0]).start()
sys.stdin.read()
os._exit(0)
