"""A small NATS client for tests: requests with headers, one at a time, and what JetStream's API needs."""
import base64
import json
import socket


class NatsError(Exception):
    pass


class Nats:
    def __init__(self, port, **credentials):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.requests = 0
        if not self.file.readline().startswith(b"INFO"):
            raise NatsError("the server did not greet")
        self.inbox = f"_INBOX.e2e.{id(self)}"
        options = json.dumps({"verbose": False, "pedantic": False, "headers": True, "no_responders": True,
                              **credentials})
        self.socket.sendall(f"CONNECT {options}\r\nSUB {self.inbox}.* 1\r\nPING\r\n".encode())
        while True:
            line = self.file.readline()
            if line.startswith(b"PONG"):
                return
            if not line or line.startswith(b"-ERR"):
                self.close()
                raise NatsError(f"the server refused: {line!r}")

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def request(self, subject, data=b"", headers=None):
        """Sends one message and returns the payload of its reply."""
        self.requests += 1
        reply = f"{self.inbox}.{self.requests}"
        if headers:
            head = "NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
            head = head.encode()
            text = f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data
        else:
            text = f"PUB {subject} {reply} {len(data)}\r\n".encode() + data
        self.socket.sendall(text + b"\r\n")
        while True:
            to, status, payload = self.next_message()
            if to != reply:
                continue
            if status == "503":
                raise NatsError(f"nobody listens on {subject}")
            return payload

    def next_message(self):
        while True:
            line = self.file.readline()
            if not line:
                raise NatsError("the server closed the connection")
            if line.startswith(b"PING"):
                self.socket.sendall(b"PONG\r\n")
            elif line.startswith(b"-ERR"):
                raise NatsError(line.decode().strip())
            elif line.startswith((b"MSG", b"HMSG")):
                return self.read_message(line.decode().split())

    def read_message(self, words):
        total = int(words[-1])
        body = self.file.read(total + 2)[:total]
        if words[0] == "MSG":
            return words[1], "", body
        head_bytes = int(words[-2])
        first = body[:head_bytes].decode().split("\r\n")[0].split()
        return words[1], first[1] if len(first) > 1 else "", body[head_bytes:]

    def api(self, what, **body):
        answer = json.loads(self.request(f"$JS.API.{what}", json.dumps(body).encode() if body else b""))
        if "error" in answer:
            raise NatsError(f"{what}: {answer['error']}")
        return answer

    def store(self, subject, payload, **headers):
        """Publishes one message, and returns its sequence when a stream has it."""
        data = payload if isinstance(payload, bytes) else payload.encode()
        answer = json.loads(self.request(subject, data, headers))
        if "error" in answer:
            raise NatsError(str(answer["error"]))
        return answer["seq"]

    def state(self, stream):
        return self.api(f"STREAM.INFO.{stream}")["state"]

    def messages(self, stream):
        """All messages of a stream: (sequence, subject, id, payload)."""
        state = self.state(stream)
        found = []
        if state["messages"] == 0:
            return found
        for sequence in range(state["first_seq"], state["last_seq"] + 1):
            message = self.api(f"STREAM.MSG.GET.{stream}", seq=sequence)["message"]
            head = base64.b64decode(message.get("hdrs", "")).decode()
            ids = [line[13:].strip() for line in head.split("\r\n") if line.startswith("Nats-Msg-Id:")]
            payload = base64.b64decode(message.get("data", ""))
            found.append((sequence, message["subject"], ids[0] if ids else "", payload))
        return found
