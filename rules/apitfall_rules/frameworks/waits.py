"""Calls that wait for something else than HTTP, a file or a session: a clock, a process, a lock, a server.

The functions are those that blockbuster and aiocop catch at run time and that ruff and Sonar know, and the converters
that start a program of their own. Of each it was read in its source what the caller waits for.
"""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import Type, Value, callable_

from apitfall_rules.frameworks.calls import is_constant, libraries_of
from apitfall_rules.frameworks.clients import COMMON
from apitfall_rules.frameworks.drivers import DRIVERS
from apitfall_rules.frameworks.types import SELF, alias, cls, managed, methods

# A clock, a person, a process until it ends, a name server, another machine: no bound in this process.
FUNCTIONS = frozenset(
    """
    time.sleep builtins.input getpass.getpass
    os.system os.wait os.wait3 os.wait4 os.waitid os.waitpid
    subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.getoutput
    subprocess.getstatusoutput
    concurrent.futures.wait select.select signal.pause signal.sigwait
    socket.create_connection socket.getaddrinfo socket.gethostbyname socket.gethostbyname_ex socket.gethostbyaddr
    socket.getfqdn
    pypandoc.convert_file pypandoc.convert_text pdfkit.from_file pdfkit.from_string pdfkit.from_url
    imgkit.from_file imgkit.from_string imgkit.from_url pdf2image.convert_from_path pdf2image.convert_from_bytes
    psycopg.connect psycopg2.connect psycopg2.extras.execute_values psycopg2.extras.execute_batch
    pymysql.connect pymysql.Connect pymysql.connections.Connection MySQLdb.connect MySQLdb.Connect
    mysql.connector.connect mysql.connector.connection.MySQLConnection pyodbc.connect pymssql.connect
    imaplib.IMAP4 imaplib.IMAP4_SSL poplib.POP3 poplib.POP3_SSL
    kafka.KafkaProducer kafka.KafkaConsumer pika.BlockingConnection paramiko.Transport
    oracledb.connect cx_Oracle.connect snowflake.connector.connect
    pandas.read_sql pandas.read_sql_query pandas.read_sql_table pandas.DataFrame.to_sql
    ffmpeg.probe ffmpeg.run git.Repo.clone_from pydub.AudioSegment.from_file pydub.AudioSegment.from_mp3
    selenium.webdriver.Chrome selenium.webdriver.Edge selenium.webdriver.Firefox selenium.webdriver.Remote
    """.split()
)
# These look at what is used in a time that they are told, and wait that long.
MEASURING = frozenset("psutil.cpu_percent psutil.cpu_times_percent psutil.Process.cpu_percent".split())
# These connect where they are told the host at once.
CONNECTING = frozenset("smtplib.SMTP smtplib.SMTP_SSL smtplib.LMTP ftplib.FTP ftplib.FTP_TLS".split())

# Other threads and processes of this program, which may need the loop that waits for them.
METHODS = frozenset(
    """
    threading.Lock.acquire threading.Semaphore.acquire threading.Condition.wait threading.Condition.wait_for
    threading.Event.wait threading.Barrier.wait threading.Thread.join
    multiprocessing.Process.join queue.Queue.get queue.Queue.join
    concurrent.futures.Future.result concurrent.futures.Future.exception
    subprocess.Popen.communicate subprocess.Popen.wait
    socket.socket.accept socket.socket.connect socket.socket.recv socket.socket.recv_into socket.socket.recvfrom
    socket.socket.sendall ssl.SSLContext.wrap_socket os.popen().read os.popen().readlines os.popen().close
    """.split()
)
# By their first argument, or one of these names, they are told not to wait.
NOT_WAITING = {"block": "False", "blocking": "False", "timeout": "0"}
TOLD_FIRST = frozenset("threading.Lock.acquire threading.Semaphore.acquire queue.Queue.get".split())

# To start a process takes some milliseconds, until the system has made it; what it does then is not waited for (by
# `os.spawn*` in the mode `P_WAIT` it is, which is rare enough to be told the lesser thing).
STARTS = frozenset(
    """
    subprocess.Popen os.posix_spawn os.posix_spawnp os.forkpty pty.fork os.spawnl os.spawnle os.spawnlp
    os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe
    """.split()
)
# To open a small file of this machine.
SMALL = frozenset({"sqlite3.connect"})

ALL = FUNCTIONS | CONNECTING | METHODS | STARTS | SMALL
NAMES = (frozenset(name.rpartition(".")[2] for name in ALL) - COMMON) | DRIVERS.names
LIBRARIES = libraries_of(ALL | MEASURING) | DRIVERS.libraries


def wait(symbol: str, call: Value) -> str | None:
    """The function as it is shown, if calling it waits."""
    if symbol in METHODS:
        return None if is_told_not_to_wait(symbol, call) else symbol
    if symbol in CONNECTING:
        return symbol if call.args else None
    if symbol in MEASURING:
        interval = call.argument(0, "interval")
        return None if interval is None or interval.text in ("None", "0", "0.0") else symbol
    if symbol in ALL:
        return (
            None if is_constant(call.argument(0), "0") and symbol == "time.sleep" else symbol.removeprefix("builtins.")
        )
    return DRIVERS.waiting(symbol)


def is_told_not_to_wait(symbol: str, call: Value) -> bool:
    if any(k in NOT_WAITING and is_constant(v, NOT_WAITING[k]) for k, v in call.args):
        return True
    first = call.argument(0)
    return symbol in TOLD_FIRST and (is_constant(first, "False") or is_constant(first, "0"))


def wait_types() -> Iterator[tuple[str, Type]]:
    """The types of the standard library's objects that wait."""
    for name in (
        "threading.Lock", "threading.Semaphore", "threading.Condition", "threading.Event", "threading.Barrier",
        "threading.Thread", "multiprocessing.Process", "queue.Queue", "concurrent.futures.Future", "socket.socket",
        "ssl.SSLContext", "subprocess.Popen",
    ):  # fmt: skip
        yield from cls(name)
    for name in ("threading.Lock", "threading.Semaphore", "threading.Condition", "socket.socket", "subprocess.Popen"):
        yield from managed(name)
    yield from alias("threading.Semaphore", "threading.BoundedSemaphore")
    yield from alias("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue")
    yield from alias("multiprocessing.Process", "multiprocessing.context.Process")
    yield from alias("concurrent.futures.Future", "concurrent.futures._base.Future")
    yield from cls("psutil.Process")
    yield (
        "psycopg_pool.ConnectionPool.connection",
        callable_(Type("contextlib.ContextManager", (Type("psycopg.Connection"),))),
    )
    yield "os.popen", callable_(Type("os.popen()"))
    yield "socket.create_connection", callable_(Type("socket.socket"))
    yield "ssl.create_default_context", callable_(Type("ssl.SSLContext"))
    yield "ssl.SSLContext.wrap_socket", callable_(Type("socket.socket"))
    yield "asyncio.run_coroutine_threadsafe", callable_(Type("concurrent.futures.Future"))
    for pool in ("ThreadPoolExecutor", "ProcessPoolExecutor"):
        yield from cls(f"concurrent.futures.{pool}")
        yield from methods(f"concurrent.futures.{pool}", Type("concurrent.futures.Future"), "submit")
        yield f"concurrent.futures.{pool}.__enter__", callable_(SELF)
    yield from alias("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor")
