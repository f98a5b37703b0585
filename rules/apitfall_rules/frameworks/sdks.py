"""Clients of services over HTTP whose methods are synchronous requests.

Read off the sources of openai 3.54, anthropic 2.12, stripe 16.1, twilio 9.13, slack_sdk 3.47, sendgrid 6.12,
supabase 2.34, google-api-python-client 2.202, google-cloud-storage 3.17, firebase_admin 7.7, groq 1.7,
google-genai 3.4, google-generativeai 0.8, cloudinary 1.46, razorpay 2.0, resend 2.52, google-auth 2.63,
google-cloud-firestore 2.34, google-cloud-bigquery 3.47, azure-storage-blob 12.31, azure-cosmos 4.17, msal 1.39,
PyGithub 2.10, jira 3.10, notion-client 3.1, meilisearch 0.43, influxdb-client 1.50, mercadopago 3.6, yfinance 1.7,
trafilatura 2.3 and gTTS 2.5.
"""

from __future__ import annotations

from collections.abc import Mapping

from apitfall_rules.frameworks.clients import Client, Clients

OPENAI = "create delete edit generate list parse retrieve update upload"
STRIPE = """
    cancel capture confirm create delete detach finalize_invoice list modify pay refund retrieve search send_invoice
    update void_invoice
"""
OBJECTS = "delete exists make_private make_public patch reload update"

DOCUMENTS: Mapping[str, str] = dict.fromkeys(
    "limit limit_to_last offset order_by select start_after start_at where".split(), "google.cloud.firestore.Query"
)
FIRESTORE = (
    Client(
        "google.cloud.firestore.Client", "collections.__iter__ get_all.__iter__ recursive_delete",
        gives={"collection": "google.cloud.firestore.CollectionReference",
               "collection_group": "google.cloud.firestore.Query", "document": "google.cloud.firestore.DocumentReference",
               "batch": "google.cloud.firestore.WriteBatch"},
        made_by="firebase_admin.firestore.client", also="google.cloud.firestore_v1.client.Client",
    ),
    Client("google.cloud.firestore.CollectionReference", "add get list_documents.__iter__ stream.__iter__",
           gives={**DOCUMENTS, "document": "google.cloud.firestore.DocumentReference"}),
    Client("google.cloud.firestore.Query", "get stream.__iter__", gives=DOCUMENTS),
    Client("google.cloud.firestore.DocumentReference", "collections.__iter__ create delete get set update",
           gives={"collection": "google.cloud.firestore.CollectionReference"}),
    Client("google.cloud.firestore.WriteBatch", "commit"),
)  # fmt: skip

BLOB = "azure.storage.blob.BlobClient"
CONTAINER = "azure.storage.blob.ContainerClient"
BLOBS = "delete_blob download_blob exists list_blob_names.__iter__ list_blobs.__iter__ upload_blob"
AZURE = (
    Client("azure.storage.blob.BlobServiceClient", "create_container delete_container list_containers.__iter__",
           gives={"from_connection_string": "azure.storage.blob.BlobServiceClient", "get_blob_client": BLOB,
                  "get_container_client": CONTAINER}),
    Client(CONTAINER, f"{BLOBS} create_container delete_blobs delete_container get_container_properties",
           gives={"from_connection_string": CONTAINER, "from_container_url": CONTAINER, "get_blob_client": BLOB,
                  "download_blob": "azure.storage.blob.StorageStreamDownloader"}),
    Client(BLOB, f"{BLOBS} get_blob_properties set_blob_metadata start_copy_from_url upload_blob_from_url",
           gives={"from_blob_url": BLOB, "from_connection_string": BLOB,
                  "download_blob": "azure.storage.blob.StorageStreamDownloader"}),
    Client("azure.storage.blob.StorageStreamDownloader", "readall readinto"),
    Client("azure.cosmos.CosmosClient", "create_database create_database_if_not_exists delete_database",
           gives={"create_database_if_not_exists": "azure.cosmos.DatabaseProxy",
                  "from_connection_string": "azure.cosmos.CosmosClient",
                  "get_database_client": "azure.cosmos.DatabaseProxy"}),
    Client("azure.cosmos.DatabaseProxy", "create_container create_container_if_not_exists delete_container read",
           gives=dict.fromkeys(("create_container", "create_container_if_not_exists", "get_container_client"),
                               "azure.cosmos.ContainerProxy")),
    Client("azure.cosmos.ContainerProxy", "create_item delete_item patch_item query_items.__iter__ read read_all_items.__iter__ "
           "read_item replace_item upsert_item"),
)  # fmt: skip

MERCADOPAGO = "card customer merchant_order payment plan preapproval preference refund subscription"

SDKS = Clients((
    Client("openai.OpenAI", OPENAI, also="openai.Client", shared=True),
    Client("openai.AzureOpenAI", OPENAI, also="openai.lib.azure.AzureOpenAI", shared=True),
    # The functions of the module, those of the releases before 1.0 among them.
    *(
        Client(f"openai.{part}", "create generate list retrieve", constructed=False, shared=True)
        for part in (
            "chat", "completions", "embeddings", "images", "responses", "moderations", "audio", "files",
            "ChatCompletion", "Completion", "Embedding", "Image", "Moderation",
        )
    ),
    Client("anthropic.Anthropic", "count_tokens create list parse retrieve stream", also="anthropic.Client",
           shared=True),
    Client("stripe", STRIPE, constructed=False, shared=True),
    Client("stripe.StripeClient", STRIPE, shared=True),
    Client("twilio.rest.Client", "create delete fetch list update", fluent=True),
    Client("slack_sdk.WebClient", "*", local="validate_slack_signature",
           also="slack_sdk.web.client.WebClient slack_sdk.web.WebClient slack.WebClient"),
    Client("slack_sdk.webhook.WebhookClient", "send send_dict",
           also="slack_sdk.WebhookClient slack_sdk.webhook.client.WebhookClient"),
    Client("sendgrid.SendGridAPIClient", "delete get patch post put send",
           also="sendgrid.sendgrid.SendGridAPIClient", fluent=True),
    Client(
        "supabase.Client",
        """
        create_bucket create_signed_url create_user delete_user download execute exchange_code_for_session get_bucket
        get_user invoke list_buckets list_users refresh_session reset_password_email reset_password_for_email
        sign_in_with_otp sign_in_with_password sign_out sign_up update_user update_user_by_id upload verify_otp
        """,
        made_by="supabase.create_client", also="supabase._sync.client.SyncClient", fluent=True,
    ),
    # Methods of a service are known by its description, which is not here; each is sent by `execute`.
    Client("googleapiclient.discovery.Resource", "execute next_chunk", made_by="googleapiclient.discovery.build",
           constructed=False, fluent=True),
    Client(
        "google.cloud.storage.Client", "create_bucket get_bucket list_blobs.__iter__ list_buckets.__iter__ lookup_bucket",
        gives={"bucket": "google.cloud.storage.Bucket", "get_bucket": "google.cloud.storage.Bucket"},
        also="google.cloud.storage.client.Client",
    ),
    Client(
        "google.cloud.storage.Bucket",
        f"{OBJECTS} copy_blob create delete_blob delete_blobs get_blob list_blobs.__iter__ rename_blob",
        gives={"blob": "google.cloud.storage.Blob"}, also="google.cloud.storage.bucket.Bucket",
    ),
    Client(
        "google.cloud.storage.Blob",
        f"""
        {OBJECTS} compose download_as_bytes download_as_string download_as_text download_to_file download_to_filename
        rewrite upload_from_file upload_from_filename upload_from_string
        """,
        also="google.cloud.storage.blob.Blob",
    ),
    Client("groq.Groq", "create list retrieve", also="groq.Client", shared=True),
    Client("google.genai.Client", "count_tokens embed_content generate_content generate_content_stream generate_images "
           "send_message", local="aio", also="google.genai.client.Client"),
    Client("google.generativeai", "embed_content", constructed=False),
    Client("google.generativeai.GenerativeModel", "count_tokens generate_content",
           gives={"start_chat": "google.generativeai.ChatSession"},
           also="google.generativeai.generative_models.GenerativeModel"),
    Client("google.generativeai.ChatSession", "send_message",
           also="google.generativeai.generative_models.ChatSession"),
    Client("cloudinary.uploader", "add_tag destroy explicit remove_tag rename upload upload_image upload_large",
           constructed=False, shared=True),
    Client("razorpay.Client", "all cancel capture create edit fetch refund", also="razorpay.client.Client"),
    Client("resend.Emails", "cancel get send update", constructed=False, shared=True),
    Client("urllib.request.OpenerDirector", "open", made_by="urllib.request.build_opener"),
    Client("firebase_admin.messaging", "send send_each send_each_for_multicast subscribe_to_topic unsubscribe_from_topic",
           constructed=False, shared=True),
    Client("firebase_admin.auth",
           "create_user delete_user get_user get_user_by_email get_user_by_phone_number set_custom_user_claims update_user",
           constructed=False, shared=True),
    # It gets the keys of the service each time.
    Client("google.oauth2.id_token", "fetch_id_token verify_firebase_token verify_oauth2_token verify_token",
           constructed=False, shared=True),
    *FIRESTORE,
    *AZURE,
    *(
        Client(f"msal.{name}", """
            acquire_token_by_auth_code_flow acquire_token_by_authorization_code acquire_token_by_device_flow
            acquire_token_by_refresh_token acquire_token_by_username_password acquire_token_for_client
            acquire_token_on_behalf_of
        """, also=f"msal.application.{name}")
        for name in ("ConfidentialClientApplication", "PublicClientApplication")
    ),
    Client("google.cloud.bigquery.Client",
           "create_table delete_table get_dataset get_job get_table insert_rows insert_rows_json list_rows load_table_from_dataframe "
           "load_table_from_file load_table_from_json load_table_from_uri query query_and_wait",
           gives={"query": "google.cloud.bigquery.QueryJob"}, also="google.cloud.bigquery.client.Client"),
    Client("google.cloud.bigquery.QueryJob", "exception result to_arrow to_dataframe"),
    Client("github.Github", """
        create_comment create_file create_git_ref create_issue create_pull delete_file get_branch get_commit get_contents
        get_issue get_organization get_pull get_readme get_repo update_file
    """, also="github.MainClass.Github", fluent=True),
    Client("jira.JIRA", "add_comment create_issue issue search_issues transition_issue", also="jira.client.JIRA"),
    Client("notion_client.Client", "append create query retrieve update"),
    Client("meilisearch.Client", "create_index delete_index get_index get_indexes get_raw_index health multi_search",
           gives=dict.fromkeys(("get_index", "index"), "meilisearch.index.Index"), also="meilisearch.client.Client"),
    Client("meilisearch.index.Index", """
        add_documents delete_all_documents delete_document delete_documents get_document get_documents get_stats search
        update_documents update_settings
    """),
    Client("influxdb_client.InfluxDBClient", "health ping", gives={"query_api": "influxdb_client.QueryApi"},
           also="influxdb_client.client.influxdb_client.InfluxDBClient"),
    Client("influxdb_client.QueryApi", "query query_csv query_data_frame query_raw query_stream.__iter__"),
    Client("mercadopago.SDK", "", gives=dict.fromkeys(MERCADOPAGO.split(), "mercadopago.resources.Resource")),
    Client("mercadopago.resources.Resource", "create delete get search update"),
    Client("yfinance", "download", constructed=False),
    Client("yfinance.Ticker", "get_actions get_dividends get_financials get_info get_news history option_chain"),
    Client("trafilatura", "fetch_url", constructed=False, shared=True),
    Client("gtts.gTTS", "save stream.__iter__ write_to_fp", also="gtts.tts.gTTS"),
))  # fmt: skip
