"""The part of `.ci/clock` that asks and looks. Arguments: the server's address, its working directory, the binary."""

import base64, datetime, json, os, pathlib, socket, subprocess, sys, threading, time, urllib.request

base, work, binary = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
DAYS = {"as it is": 0, "two days back": -2, "two days on": 2, "back again": -2, "right again": 0}
begun = time.monotonic()


def call(path, body=None, headers=None, method=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": "Bearer clock", "Content-Type": "application/json"} | (headers or {})
    with urllib.request.urlopen(urllib.request.Request(base + path, data, headers, method=method), timeout=30) as answer:
        text = answer.read().decode()
        return (json.loads(text) if "json" in answer.headers["Content-Type"] else text), answer.headers


def get(path):
    return call(path)[0]


def upload(name, text):
    part = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n{text}\r\n--b--\r\n'
    report = call("/api/v1/files/upload", part.encode(), {"Content-Type": "multipart/form-data; boundary=b"})[0]
    assert report["files_processed"] == 1, report
    return report["ingestion_id"]


class Dashboard(threading.Thread):
    """A dashboard that keeps what it is told."""

    def __init__(self):
        super().__init__(daemon=True)
        host, port = base.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET /ws/dashboard?token=clock HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.socket.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        assert b"101" in self.stream.readline()
        while self.stream.readline().strip():
            pass
        self.told, self.ended = [], False
        self.start()

    def run(self):
        while head := self.stream.read(2):
            length = head[1] & 127
            if length == 126:
                length = int.from_bytes(self.stream.read(2))
            elif length == 127:
                length = int.from_bytes(self.stream.read(8))
            payload = self.stream.read(length)
            if head[0] & 15 == 1:
                self.told.append(json.loads(payload))
            elif head[0] & 15 == 9:
                mask = os.urandom(4)
                reply = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
                self.socket.sendall(bytes([0x8A, 0x80 | length]) + mask + reply)
        self.ended = True

    def waits_for(self, what, enough=1):
        end = time.monotonic() + 20
        while sum(1 for event in list(self.told) if what(event)) < enough:
            assert not self.ended and time.monotonic() < end, f"the dashboard was not told: {[e['type'] for e in self.told]}"
            time.sleep(0.05)


def numbers():
    """Each number of /metrics by its name and labels."""
    lines = (line.rsplit(" ", 1) for line in get("/metrics").splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def same(what, found, wanted):
    assert found == wanted, f"{what}: {found}, not {wanted}"


dashboard = Dashboard()
order, ingestions, sessions, before, left = [], [], [], {}, None
for step, (name, days) in enumerate(DAYS.items()):
    (work / "time.new").write_text(f"{days:+}d\n" if days else "+0\n")
    (work / "time.new").rename(work / "time")
    there = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)

    # The newest file is new, or the oldest changed.
    file = f"f{step}.sql" if step != 3 else "f0.sql"
    ingestions.insert(0, upload(file, f"CREATE TABLE t{step} AS SELECT a, {step} AS b FROM s{step};"))
    order = [file] + [other for other in order if other != file]
    for session in [f"session-{step}", "session-all"]:
        answer, headers = call("/api/chat/graph", {"query": f"What reads s{step}?", "session_id": session})
        assert f"t{step}" in answer["response"] and 0 <= answer["latency_ms"] < 20_000, answer
        sessions = [session] + [other for other in sessions if other != session]
        # One counts less each time, or a new minute has begun.
        now_left, reset = int(headers["X-RateLimit-Remaining"]), int(headers["X-RateLimit-Reset"])
        assert 0 < reset <= 60 and (left is None or now_left in (left - 1, 599)), (now_left, left, reset)
        left = now_left

    def took(event):
        return event["type"] == "ingestion_complete" and event["data"]["ingestion_id"] == ingestions[0]

    dashboard.waits_for(took)
    seen = len(dashboard.told)
    dashboard.waits_for(lambda event: event["type"] == "stats_update", sum(e["type"] == "stats_update" for e in dashboard.told[:seen]) + 2)
    complete = next(event for event in dashboard.told if took(event))
    assert 0 <= complete["data"]["duration_ms"] < 20_000, complete
    told_at = datetime.datetime.fromisoformat(complete["timestamp"])
    assert abs(told_at - there) < datetime.timedelta(minutes=1), f"{name}: the server's clock is not that: {told_at}"

    same(name + ", files", [f["filename"] for f in get("/api/v1/files/recent")], order)
    logs = get("/api/v1/ingestion/logs")["sessions"]
    same(name + ", ingestions", [log["ingestion_id"] for log in logs], ingestions)
    events = get(f"/api/v1/ingestion/logs/{ingestions[0]}")["events"]
    same(name + ", an ingestion's log", [events[0]["type"], events[-1]["type"]], ["ingestion_started", "ingestion_complete"])
    same(name + ", conversations", [s["id"] for s in get("/api/chat/sessions")["sessions"]], sessions)
    turns = [m["content"] for m in get("/api/chat/sessions/session-all")["messages"] if m["role"] == "user"]
    same(name + ", a conversation", turns, [f"What reads s{n}?" for n in range(step + 1)])
    files = get("/api/v1/stats")["total_files"]
    same(name + ", counted", files, len(order))
    activity = get("/api/v1/metrics/events?limit=1000")["events"]
    assert all(0 <= event["latency_ms"] < 30_000 for event in activity), activity
    requests = [event["endpoint"] for event in activity]
    assert requests.index("/api/v1/stats") < requests.index("/api/v1/files/upload"), f"{name}: {requests}"

    health, elapsed = get("/health"), time.monotonic() - begun
    same(name + ", health", health["status"], "healthy")
    assert 0 <= health["uptime_seconds"] <= elapsed + 60, health
    rates = get("/api/v1/metrics/activity")
    assert all(not isinstance(value, (int, float)) or value >= 0 for value in rates.values()) and rates["success_rate"] <= 100, rates
    now = numbers()
    for number, value in now.items():
        assert value >= 0, f"{name}: {number} {value}"
        if number.partition("{")[0].endswith(("_total", "_count", "_sum", "_bucket", "uptime_seconds")):
            assert value >= before.get(number, 0), f"{name}: {number} was {before[number]}, is {value}"
    before = now

    copies = work / f"copies-{step}"
    copies.mkdir()
    said = subprocess.run([binary, "backup", "--data", work / "data", copies], capture_output=True, text=True)
    assert said.returncode == 0 and len(list(copies.glob("headwater-*.db"))) == 1, said
    assert numbers()["headwater_store_copied_timestamp_seconds"] > 0
    print(f"{name}: {len(order)} files, {len(sessions)} conversations, in order")

numbered = [event["seq"] for event in dashboard.told if "seq" in event]
assert numbered == sorted(set(numbered)) and not dashboard.ended, numbered

# In a process that begins when the clock is wrong, and in one that begins when it is right again.
for days in (5, 0):
    (work / "time.new").write_text(f"{days:+}d\n" if days else "+0\n")
    (work / "time.new").rename(work / "time")
    uptime = get("/health")["uptime_seconds"]
    call("/admin/restart", {}, method="POST")
    end = time.monotonic() + 20
    while True:
        try:
            if get("/health/ready") and get("/health")["uptime_seconds"] < uptime:
                break
        except OSError:
            pass
        assert time.monotonic() < end, "it did not come back"
        time.sleep(0.1)
    same("after a restart, conversations", [s["id"] for s in get("/api/chat/sessions")["sessions"]], sessions)
    same("after a restart, files", [f["filename"] for f in get("/api/v1/files/recent")], order)
    same("after a restart, health", get("/health")["status"], "healthy")
print("two restarts, one of them five days on: no conversation of three days is forgotten")
