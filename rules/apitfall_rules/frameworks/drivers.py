"""Clients of databases, brokers and other machines that hold the calling thread until the answer is there.

Read off the sources of psycopg 3.3, psycopg2 2.9, PyMySQL 1.2, mysql-connector-python 26, redis 8,
pymongo 4.20, boto3 1.44, elasticsearch 9.5, kafka-python 3.0, pika 1.4, paramiko 5.1, minio 7.2 and CPython 3.13. Methods whose
answer the client has already, as the `fetchall` of drivers that take all rows with `execute`, are left out.
"""

from __future__ import annotations

from apitfall_rules.frameworks.clients import Client, Clients

POSTGRES = (
    Client(
        "psycopg.Connection", "connect execute commit rollback wait",
        gives={"connect": "psycopg.Connection", "cursor": "psycopg.Cursor", "execute": "psycopg.Cursor"},
        made_by="psycopg.connect", also="psycopg.connection.Connection", shared=True,
    ),
    Client("psycopg.Cursor", "execute executemany stream.__iter__", also="psycopg.cursor.Cursor"),
    Client(
        "psycopg2.extensions.connection", "commit rollback", gives={"cursor": "psycopg2.extensions.cursor"},
        made_by="psycopg2.connect", shared=True,
    ),
    Client("psycopg2.extensions.cursor", "execute executemany callproc copy_expert copy_from copy_to"),
)  # fmt: skip

MYSQL = (
    Client(
        "pymysql.connections.Connection", "begin commit connect ping query rollback select_db",
        gives={"cursor": "pymysql.cursors.Cursor"}, made_by="pymysql.connect pymysql.Connect",
        also="pymysql.Connection",
    ),
    Client("pymysql.cursors.Cursor", "callproc execute executemany", also="pymysql.cursors.DictCursor"),
    Client(
        "MySQLdb.connections.Connection", "commit ping query rollback", gives={"cursor": "MySQLdb.cursors.Cursor"},
        made_by="MySQLdb.connect MySQLdb.Connect",
    ),
    Client("MySQLdb.cursors.Cursor", "callproc execute executemany"),
    # This one reads its rows from the network as they are fetched.
    Client(
        "mysql.connector.connection.MySQLConnection", "commit connect ping reconnect rollback start_transaction",
        gives={"cursor": "mysql.connector.cursor.MySQLCursor"}, made_by="mysql.connector.connect",
        also="mysql.connector.MySQLConnection",
    ),
    Client("mysql.connector.cursor.MySQLCursor", "callproc execute executemany fetchall fetchmany fetchone"),
)  # fmt: skip

# Drivers of the DB-API that read rows from the network as they are fetched.
FETCHING = tuple(
    client
    for library in ("pyodbc", "pymssql", "oracledb", "cx_Oracle", "snowflake.connector")
    for client in (
        Client(f"{library}.Connection", "commit execute rollback", gives={"cursor": f"{library}.Cursor"},
               made_by=f"{library}.connect"),
        Client(f"{library}.Cursor", "callproc execute executemany fetchall fetchmany fetchone"),
    )
)  # fmt: skip

POOLS = (
    Client("psycopg2.pool.AbstractConnectionPool", "getconn", gives={"getconn": "psycopg2.extensions.connection"},
           also="psycopg2.pool.SimpleConnectionPool psycopg2.pool.ThreadedConnectionPool"),
    Client("psycopg_pool.ConnectionPool", "getconn wait", gives={"getconn": "psycopg.Connection"}),
    Client("mysql.connector.pooling.MySQLConnectionPool", "get_connection",
           gives={"get_connection": "mysql.connector.connection.MySQLConnection"}),
)  # fmt: skip

# A file on this machine, but `execute` and `commit` wait up to five seconds for others who write to it.
SQLITE = (
    Client(
        "sqlite3.Connection", "backup commit execute executemany executescript",
        gives=dict.fromkeys(("cursor", "execute", "executemany", "executescript"), "sqlite3.Cursor"),
        made_by="sqlite3.connect",
    ),
    Client(
        "sqlite3.Cursor", "execute executemany executescript",
        gives=dict.fromkeys(("execute", "executemany", "executescript"), "sqlite3.Cursor"),
    ),
)  # fmt: skip

REDIS = (
    Client(
        "redis.Redis", "*",
        local="""
        bf cf client close cms from_pool from_url ft get_cache get_connection_kwargs get_encoder get_retry json
        keyspace_notifications load_external_module lock monitor pipeline pubsub register_script
        set_response_callback set_retry tdigest topk ts vset
        """,
        gives={"from_url": "redis.Redis", "pipeline": "redis.client.Pipeline", "lock": "redis.lock.Lock",
               "pubsub": "redis.client.PubSub"},
        made_by="redis.from_url redis.utils.from_url",
        also="redis.client.Redis redis.StrictRedis redis.client.StrictRedis", shared=True,
    ),
    Client("redis.RedisCluster", "*", local="close from_url get_node lock pipeline pubsub register_script",
           gives={"from_url": "redis.RedisCluster"}, also="redis.cluster.RedisCluster", shared=True),
    Client("redis.client.Pipeline", "execute watch"),
    Client("redis.client.PubSub", "get_message listen.__iter__ psubscribe subscribe unsubscribe"),
    Client("redis.lock.Lock", "acquire extend reacquire release"),
)  # fmt: skip

COLLECTION = """
    aggregate bulk_write count_documents create_index create_indexes delete_many delete_one distinct drop drop_index
    drop_indexes estimated_document_count find.__iter__ find_one find_one_and_delete find_one_and_replace
    find_one_and_update index_information insert_many insert_one list_indexes rename replace_one update_many update_one
"""
DATABASE = "command create_collection drop_collection list_collection_names validate_collection"
MONGO = (
    Client(
        "pymongo.MongoClient", f"{COLLECTION} {DATABASE} drop_database list_database_names server_info",
        gives=dict.fromkeys(("__getattr__", "__getitem__", "get_database", "get_default_database"), "pymongo.database.Database"),
        also="pymongo.mongo_client.MongoClient pymongo.synchronous.mongo_client.MongoClient", shared=True,
    ),
    Client(
        "pymongo.database.Database", f"{COLLECTION} {DATABASE}",
        gives=dict.fromkeys(("__getattr__", "__getitem__", "get_collection"), "pymongo.collection.Collection"),
        also="pymongo.synchronous.database.Database", shared=True,
    ),
    Client(
        "pymongo.collection.Collection", COLLECTION, gives={"find": "pymongo.cursor.Cursor",
        "__getattr__": "pymongo.collection.Collection", "__getitem__": "pymongo.collection.Collection"},
        also="pymongo.synchronous.collection.Collection", shared=True,
    ),
    Client(
        "pymongo.cursor.Cursor", "distinct explain limit.__iter__ next skip.__iter__ sort.__iter__ to_list",
        gives=dict.fromkeys(("limit", "skip", "sort", "batch_size", "hint"), "pymongo.cursor.Cursor"),
        also="pymongo.synchronous.cursor.Cursor",
    ),
)  # fmt: skip

CLOUD = (
    Client(
        "botocore.client.BaseClient", "*",
        local="can_paginate close generate_presigned_post generate_presigned_url get_paginator get_waiter",
        made_by="boto3.client boto3.session.Session.client boto3.Session.client", constructed=False, shared=True,
        shown="boto3.client()",
    ),
    # Of a resource only what is known to call the service, for its other methods make more resources.
    Client(
        "boto3.resources.base.ServiceResource",
        """
        batch_get_item batch_write_item copy copy_from create_bucket create_table delete delete_item delete_objects
        download_file download_fileobj get_item load put_item put_object query receive_messages reload scan send_message
        send_messages update_item upload_file upload_fileobj wait_until_exists wait_until_not_exists
        """,
        made_by="boto3.resource boto3.session.Session.resource boto3.Session.resource",
        constructed=False, fluent=True, shown="boto3.resource()",
    ),
    Client("boto3.session.Session", "", also="boto3.Session"),
    Client(
        "minio.Minio",
        """
        bucket_exists compose_object copy_object fget_object fput_object get_object list_buckets list_objects.__iter__
        make_bucket put_object remove_bucket remove_object remove_objects.__iter__ stat_object
        """,
        also="minio.api.Minio",
    ),
)  # fmt: skip

SEARCH = tuple(
    Client(name, "*", local="close options", also=also, shared=True)
    for name, also in (
        ("elasticsearch.Elasticsearch", "elasticsearch.client.Elasticsearch"),
        ("opensearchpy.OpenSearch", "opensearchpy.client.OpenSearch"),
    )
)

GRAPHS = (
    Client("neo4j.Driver", "execute_query verify_connectivity", gives={"session": "neo4j.Session"},
           made_by="neo4j.GraphDatabase.driver", also="neo4j.BoltDriver neo4j.Neo4jDriver"),
    Client("neo4j.Session", "execute_read execute_write read_transaction run write_transaction"),
)  # fmt: skip

COLUMNS = (
    Client("clickhouse_connect.Client", "command insert insert_arrow insert_df ping query query_arrow query_df query_np "
           "raw_insert raw_query", made_by="clickhouse_connect.get_client clickhouse_connect.create_client",
           also="clickhouse_connect.driver.client.Client"),
    Client("clickhouse_driver.Client", "execute execute_iter.__iter__ insert_dataframe query_dataframe",
           also="clickhouse_driver.client.Client"),
)  # fmt: skip

VECTORS = (
    Client(
        "chromadb.ClientAPI", "create_collection delete_collection get_collection get_or_create_collection heartbeat "
        "list_collections reset",
        gives=dict.fromkeys(("create_collection", "get_collection", "get_or_create_collection"), "chromadb.Collection"),
        made_by="chromadb.Client chromadb.CloudClient chromadb.EphemeralClient chromadb.HttpClient "
        "chromadb.PersistentClient", also="chromadb.api.ClientAPI",
    ),
    Client("chromadb.Collection", "add count delete get modify peek query update upsert",
           also="chromadb.api.models.Collection.Collection"),
)  # fmt: skip

CONTAINERS = (
    Client("docker.DockerClient", "build create exec_run get info list ping prune pull push run",
           gives=dict.fromkeys(("containers.create", "containers.get", "containers.run"), "docker.models.containers.Container"),
           made_by="docker.from_env", also="docker.client.DockerClient docker.client.from_env"),
    Client("docker.models.containers.Container",
           "commit exec_run get_archive kill logs pause put_archive reload remove restart start stats stop unpause wait"),
)  # fmt: skip

TASKS = (
    Client("celery.Celery", "ping", gives={"control.inspect": "celery.app.control.Inspect"}, also="celery.app.base.Celery"),
    Client("celery.app.control.Inspect", "active active_queues ping registered reserved revoked scheduled stats"),
    Client("celery.result.AsyncResult", "get wait"),
    Client("rq.Queue", "enqueue enqueue_at enqueue_call enqueue_in fetch_job", also="rq.queue.Queue"),
)  # fmt: skip

DIRECTORIES = (Client("ldap3.Connection", "add bind compare delete modify modify_dn open search start_tls unbind",
                      also="ldap3.core.connection.Connection"),)  # fmt: skip

BROWSERS = tuple(
    Client(f"selenium.webdriver.{name}", "back execute_async_script execute_script find_element find_elements get "
           "get_screenshot_as_png quit refresh save_screenshot")
    for name in ("Chrome", "Edge", "Firefox", "Remote")
)  # fmt: skip

BROKERS = (
    # `send` waits up to a minute for the topic's metadata.
    Client("kafka.KafkaProducer", "flush partitions_for send", also="kafka.producer.KafkaProducer", shared=True),
    Client(
        "kafka.KafkaConsumer",
        "beginning_offsets commit committed end_offsets offsets_for_times poll position topics",
        also="kafka.consumer.KafkaConsumer",
    ),
    Client("confluent_kafka.Producer", "flush list_topics"),
    Client("confluent_kafka.Consumer", "commit committed consume list_topics poll"),
    Client(
        "pika.BlockingConnection", "channel process_data_events sleep",
        gives={"channel": "pika.adapters.blocking_connection.BlockingChannel"},
        also="pika.adapters.blocking_connection.BlockingConnection pika.adapters.BlockingConnection",
    ),
    Client(
        "pika.adapters.blocking_connection.BlockingChannel",
        """
        basic_cancel basic_consume basic_get basic_publish basic_qos confirm_delivery consume.__iter__ exchange_bind
        exchange_declare exchange_delete queue_bind queue_declare queue_delete queue_purge queue_unbind start_consuming
        """,
    ),
)  # fmt: skip

SHELLS = (
    Client(
        "paramiko.SSHClient", "connect exec_command invoke_shell open_sftp", gives={"open_sftp": "paramiko.SFTPClient"},
        also="paramiko.client.SSHClient",
    ),
    Client(
        "paramiko.SFTPClient",
        "chdir get getfo listdir listdir_attr mkdir open put putfo remove rename rmdir stat",
        gives={"from_transport": "paramiko.SFTPClient"}, also="paramiko.sftp_client.SFTPClient",
    ),
    Client("paramiko.Transport", "auth_password auth_publickey connect open_session start_client",
           also="paramiko.transport.Transport"),
)  # fmt: skip

MAIL = (
    *(
        Client(name, "connect ehlo helo login quit rcpt send_message sendmail starttls verify")
        for name in ("smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.LMTP")
    ),
    *(
        Client(
            name,
            """
            connect cwd delete dir login mkd nlst prot_p pwd quit rename retrbinary retrlines rmd sendcmd size
            storbinary storlines
            """,
        )
        for name in ("ftplib.FTP", "ftplib.FTP_TLS")
    ),
    *(
        Client(name, "append authenticate copy create delete expunge fetch list login logout noop search select starttls "
               "store uid")
        for name in ("imaplib.IMAP4", "imaplib.IMAP4_SSL")
    ),
    *(Client(name, "dele list pass_ quit retr stat top uidl user") for name in ("poplib.POP3", "poplib.POP3_SSL")),
)  # fmt: skip

DRIVERS = Clients((
    *POSTGRES, *MYSQL, *FETCHING, *POOLS, *SQLITE, *REDIS, *MONGO, *GRAPHS, *COLUMNS, *VECTORS, *CLOUD, *SEARCH,
    *CONTAINERS, *TASKS, *DIRECTORIES, *BROWSERS, *BROKERS, *SHELLS, *MAIL,
))  # fmt: skip
