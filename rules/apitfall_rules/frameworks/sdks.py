"""Clients of services over HTTP whose methods are synchronous requests.

Read off the sources of openai 3.54, anthropic 2.12, stripe 16.1, twilio 9.13, slack_sdk 3.47, sendgrid 6.12,
supabase 2.34, google-api-python-client 2.202, google-cloud-storage 3.17, firebase_admin 7.7, groq 1.7,
google-genai 3.4, google-generativeai 0.8, cloudinary 1.46, razorpay 2.0 and resend 2.52.
"""

from __future__ import annotations

from apitfall_rules.frameworks.clients import Client, Clients

OPENAI = "create delete edit generate list parse retrieve update upload"
STRIPE = """
    cancel capture confirm create delete detach finalize_invoice list modify pay refund retrieve search send_invoice
    update void_invoice
"""
OBJECTS = "delete exists make_private make_public patch reload update"

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
           also="google.generativeai.generative_models.GenerativeModel"),
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
))  # fmt: skip
