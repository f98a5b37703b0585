"""What a proof can say of main.py: every function holds. Run by test_proving.py, as the proofs of pages are."""

import json
import socket
import urllib.parse


def a_blocking_call_stalls_the_loop(run):
    run.get("/blocking")
    assert run.stall > 0.2


def a_call_in_a_thread_does_not(run):
    run.get("/threaded")
    assert run.stall < 0.2


def an_awaited_call_does_not(run):
    run.get("/awaiting")
    assert run.stall < 0.2


def a_stall_is_that_of_the_last_call(run):
    run.get("/blocking")
    run.get("/started")
    assert run.stall < 0.2


def the_app_is_started(run):
    assert run.get("/started").json() == "yes"
    assert run.module("main").ended == []


def a_request_is_sent_whole(run):
    answer = run.post("/echo", json={"a": 1}, headers={"x-from": "proof"})
    assert answer.status_code == 200
    assert json.loads(answer.json()["body"]) == {"a": 1}
    assert answer.json()["header"] == "proof"


def requests_run_at_the_same_time(run):
    answers = run.concurrently("/started", ("GET", "/missing"), ("POST", "/echo", {"content": "x"}))
    assert [answer.status_code for answer in answers] == [200, 404, 200]


def statements_are_those_of_the_last_call(run):
    run.get("/save", params={"name": "first"})
    run.get("/save", params={"name": "second"})
    assert run.statements == ["INSERT INTO thing (name) VALUES (?)"]


def rows_are_what_was_committed(run):
    run.get("/save", params={"name": "kept"})
    run.get("/lose")
    assert run.rows("thing") == [{"id": 1, "name": "kept"}]


def every_function_has_a_database_of_its_own(run):
    run.get("/started")
    assert run.rows("thing") == []


def a_table_that_is_not_there_is_named(run):
    try:
        run.rows("nothing")
    except LookupError as error:
        assert "`nothing`" in str(error)
    else:
        raise AssertionError("rows of a table that is not there")


def an_unawaited_coroutine_is_warned_of(run):
    run.get("/lose")
    assert run.warnings == ["RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited"]
    run.get("/save", params={"name": "kept"})
    assert run.warnings == []


def an_exception_leaves_the_app(run):
    assert run.get("/fail").status_code == 500
    assert isinstance(run.exception, LookupError)
    run.get("/started")
    assert run.exception is None


def an_exception_of_a_background_task_comes_after_the_response(run):
    assert run.get("/fail-late").json() == "done"
    assert isinstance(run.exception, LookupError)


def the_log_is_kept(run):
    run.get("/log")
    assert [line for line in run.logs if line.startswith("ERROR shop: it failed\nTraceback")]


def functions_are_called_on_the_loop(run):
    main = run.module("main")
    assert run.call(main.twice, 2, seconds=0.01) == 4
    assert run.call(str.upper, "x") == "X"


def every_client_reaches_upstream(run):
    main = run.module("main")
    for name, get in main.CLIENTS.items():
        answer = run.call(get, main.URL)
        assert (answer["ok"], answer["path"], answer["query"]) == (True, "/things", "of=all"), name
        assert [asked["headers"]["host"] for asked in run.upstream] == ["upstream.test"], name


def _causes(error):
    return f"{error}; {_causes(error.__cause__ or error.__context__)}" if error else ""


def no_client_reaches_another_host(run):
    main = run.module("main")
    for name, get in main.CLIENTS.items():
        for url in ("http://example.com/", "http://localhost/", "http://10.0.0.1/"):
            host = urllib.parse.urlsplit(url).hostname
            try:
                run.call(get, url)
            except Exception as error:
                said = _causes(error)
                assert f"{host}: a proof reaches http://upstream.test" in said or f"{host}:80: a proof" in said, name
            else:
                raise AssertionError(f"{name} reached {url}")


def no_socket_reaches_another_host(run):
    refused = 0
    for kind, use in (
        (socket.SOCK_STREAM, lambda sock: sock.connect(("10.0.0.1", 80))),
        (socket.SOCK_STREAM, lambda sock: sock.connect_ex(("upstream.test", 443))),
        (socket.SOCK_DGRAM, lambda sock: sock.sendto(b"x", ("10.0.0.1", 53))),
    ):
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                use(sock)
            except OSError as error:
                refused += "and no other host" in str(error)
    assert refused == 3


def upstream_answers_as_it_is_asked(run):
    main = run.module("main")
    answer = run.call(main.requests.get, "http://upstream.test/status/418")
    assert (answer.status_code, answer.json()["ok"]) == (418, True)
    answer = run.call(main.requests.post, "http://upstream.test/redirect", data="x", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert run.upstream[0]["body"] == "x"
    answer = run.call(main.requests.get, "http://upstream.test/redirect")
    assert (answer.status_code, len(run.upstream)) == (200, 2)
    run.call(main.requests.get, "http://upstream.test/delay?seconds=0.6")
    assert run.stall > 0.5


def the_network_is_given_back(run):
    run.__exit__(None, None, None)
    assert "connect" not in vars(socket.socket)
    assert socket.getaddrinfo.__module__ == "socket"
    assert run.module("main").ended == []
