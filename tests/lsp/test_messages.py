"""What is no message, comes too early or too late, or has nobody to go to: said in the log, and survived where it can be.

These clients break the protocol on purpose, so they write bytes.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading

import pytest

INITIALIZE = {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
SHUTDOWN, EXIT = {"id": 9, "method": "shutdown"}, {"method": "exit"}
HOVER = {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}}
OPEN = {
    "method": "textDocument/didOpen",
    "params": {"textDocument": {"uri": "untitled:1", "languageId": "python", "version": 5, "text": "x"}},
}


def frame(body):
    """A message as it is sent; bytes are sent as they are."""
    if isinstance(body, bytes):
        return body
    data = json.dumps({"jsonrpc": "2.0", **body}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


def messages(data):
    """What the server sent."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        found.append(json.loads(data[:length]))
        data = data[length:]
    return found


def serve(*sent, arguments=()):
    """Send everything and close the input. The server's messages, its log and its exit status."""
    run = subprocess.run(
        [sys.executable, "-m", "apitfall", "server", *arguments],
        input=b"".join(map(frame, sent)),
        capture_output=True,
        timeout=60,
    )
    return messages(run.stdout), run.stderr.decode(), run.returncode


def errors(answers):
    return {
        answer["id"]: (answer["error"]["code"], answer["error"]["message"]) for answer in answers if "error" in answer
    }


def test_all_that_can_be_wrong_with_a_message():
    """The server goes on behind each of them: what was asked behind it is answered."""
    long = frame({"method": "$/unknown", "params": {"a": "b" * 100_000}})
    wrong = {
        "not JSON": b"Content-Length: 5\r\n\r\n{nope",
        "This is no header of a message": b"what is this?\r\n\r\n",
        "not UTF-8": b"Content-Length: 4\r\n\r\n\xff\xfe\xff\xfe",
        "not of JSON-RPC 2.0": b'Content-Length: 18\r\n\r\n{"method": "other"}'[:-1] + b"}",
        "a list": b"Content-Length: 2\r\n\r\n[]",
        "deep": b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
        "too short": long.replace(b"Content-Length: 100", b"Content-Length: 50", 1),
        "no length": b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: many\r\n\r\n",
        "wrong parameters": frame({"method": "textDocument/didChange", "params": {"textDocument": 5}}),
        "unknown notification": frame({"method": "other/notification", "params": {}}),
        "response": frame({"id": "nobody", "result": None}),
        "odd response": frame({"id": "nobody"}),
        "content type": frame({"method": "$/unknown"}).replace(
            b"\r\n\r\n", b"\r\nContent-Type: application/json\r\n\r\n", 1
        ),
    }
    sent = [INITIALIZE]
    for number, broken in enumerate(wrong.values(), 100):
        sent += [broken, {"id": number, "method": "textDocument/hover", "params": HOVER}]
    answers, log, status = serve(*sent, SHUTDOWN, EXIT)
    assert [answer["id"] for answer in answers] == [1, *range(100, 100 + len(wrong)), 9]
    assert errors(answers) == {}
    for said in (
        "is not JSON",
        "is no header of a message",
        "is not of JSON-RPC 2.0",
        "didChange` cannot be read",
        "before a message's header",
    ):
        assert said in log
    assert "Traceback" not in log
    assert status == 0


def test_requests_that_cannot_be_answered():
    answers, log, status = serve(
        {"id": 2, "method": "textDocument/hover", "params": HOVER},
        {"method": "textDocument/didOpen", "params": {}},
        INITIALIZE,
        INITIALIZE | {"id": 3},
        {"id": 4, "method": "other/request"},
        {"id": "five", "method": "textDocument/completion", "params": HOVER},
        {"id": 6, "method": "textDocument/hover", "params": {"textDocument": 5}},
        {"id": 7, "method": 5},
        SHUTDOWN,
        {"id": 8, "method": "textDocument/hover", "params": HOVER},
        OPEN,
        EXIT,
    )
    assert {number: code for number, (code, _) in errors(answers).items()} == {
        2: -32002,
        3: -32600,
        4: -32601,
        "five": -32601,
        6: -32602,
        7: -32601,
        8: -32600,
    }
    assert "textDocument/hover" in errors(answers)[6][1]
    assert "Traceback" not in log
    assert status == 0


def test_documents_that_come_in_no_order():
    """A change of an older version, of a document that is not open, and a second end of one."""

    def change(uri, version):
        document, changes = {"uri": uri, "version": version}, [{"text": "y"}]
        return {"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": changes}}

    close = {"method": "textDocument/didClose", "params": {"textDocument": {"uri": "untitled:1"}}}
    _, log, status = serve(
        INITIALIZE, OPEN, change("untitled:1", 4), change("untitled:2", 1), close, close, SHUTDOWN, EXIT
    )
    assert "Version 4 of untitled:1 is passed over: it comes behind version 5." in log
    assert "untitled:2" in log
    assert "Traceback" not in log
    assert status == 0


# what is sent last, and what the log says of it
ENDS = {
    "nothing": ((), ""),
    "exit": ((EXIT,), ""),
    "half a message": ((b"Content-Length: 500\r\n\r\n{",), "The input ends after 1 bytes of a message of 500."),
    "half a header": ((b"Content-Len",), "no header"),
}


@pytest.mark.parametrize(("last", "said"), ENDS.values(), ids=ENDS)
def test_the_end_without_a_shutdown(last, said):
    answers, log, status = serve(INITIALIZE, {"method": "initialized", "params": {}}, *last)
    assert [answer["id"] for answer in answers] == [1]
    assert said in log
    assert "Traceback" not in log
    assert status == 1


def test_the_output_is_closed():
    """Nobody reads the answers any more, while the input stays open."""
    server = subprocess.Popen(
        [sys.executable, "-m", "apitfall", "server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    server.stdout.close()
    server.stdin.write(frame(INITIALIZE))
    server.stdin.flush()
    assert server.wait(60) == 1
    assert b"Traceback" not in server.stderr.read()
    server.stdin.close()
    server.stderr.close()


def test_a_client_that_reads_nothing_while_it_writes():
    """Both pipes are full at some time; nothing of what is asked or answered gets lost."""
    asked = [{"id": number, "method": "textDocument/hover", "params": HOVER} for number in range(3_000)]
    sent = b"".join(map(frame, (INITIALIZE | {"id": "first"}, *asked, SHUTDOWN | {"id": "last"}, EXIT)))
    server = subprocess.Popen(
        [sys.executable, "-m", "apitfall", "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    too_long = threading.Timer(60, server.kill)  # else each would wait for the other for ever
    too_long.start()
    with contextlib.suppress(BrokenPipeError):
        server.stdin.write(sent)
        server.stdin.close()
    answers = messages(server.stdout.read())
    too_long.cancel()
    assert [answer["id"] for answer in answers] == ["first", *range(3_000), "last"]
    assert server.wait(60) == 0
    server.stdout.close()


def test_messages_that_stand_in_a_file(tmp_path):
    """What is no pipe cannot be waited for."""
    file = tmp_path / "messages"
    file.write_bytes(b"".join(map(frame, (INITIALIZE, SHUTDOWN, EXIT))))
    with file.open("rb") as source, (tmp_path / "answers").open("wb") as target:
        run = subprocess.run([sys.executable, "-m", "apitfall", "server"], stdin=source, stdout=target, timeout=60)
    assert [answer["id"] for answer in messages((tmp_path / "answers").read_bytes())] == [1, 9]
    assert run.returncode == 0


def test_stdio_is_what_it_is_without():
    answers, log, status = serve(INITIALIZE, SHUTDOWN, EXIT, arguments=["--stdio"])
    assert ([answer["id"] for answer in answers], log, status) == ([1, 9], "", 0)


@pytest.mark.parametrize("host", ["", "127.0.0.1:"])
def test_a_socket(host):
    server = subprocess.Popen(
        [sys.executable, "-m", "apitfall", "server", "--tcp", f"{host}0"],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    where = server.stderr.readline().decode().split()[-1].split(":")
    with socket.create_connection((where[0], int(where[1])), 60) as connection:
        connection.sendall(b"".join(map(frame, (INITIALIZE, SHUTDOWN, EXIT))))
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert [answer["id"] for answer in messages(answers)] == [1, 9]
    assert server.wait(60) == 0
    assert server.stderr.read() == b""
    server.stderr.close()


@pytest.mark.parametrize("address", ["here", "1:", "127.0.0.1:99999", ":-1"])
def test_no_socket(address):
    run = subprocess.run(
        [sys.executable, "-m", "apitfall", "server", "--tcp", address], capture_output=True, text=True, env=os.environ
    )
    assert run.returncode == 2
    assert f"{address!r} is not [HOST:]PORT" in run.stderr


def test_a_socket_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "apitfall", "server", "--tcp", str(port)], capture_output=True, text=True
        )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "in use" in run.stderr
