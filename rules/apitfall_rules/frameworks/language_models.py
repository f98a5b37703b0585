"""Clients of language models, of what embeds and searches texts for them, and of the frameworks around these.

Each method is a synchronous request to a service, or runs functions that make one. Read off the sources of
langchain-core 1.8, langchain-community 0.4, langgraph 1.2, litellm 1.110, ollama 0.6, cohere 7.3, replicate 1.0,
mistralai 1.12, together 3.1, voyageai 0.5, firecrawl-py 4.55, exa-py 2.28, huggingface-hub 2.4, qdrant-client 1.20,
pinecone 10.2 and tavily-python 0.8; vertexai is known from its use alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import Type, callable_

from apitfall_rules.frameworks.clients import Client, Clients

RUNNABLE = "langchain_core.runnables.RunnableSequence"
GRAPH = "langgraph.graph.state.CompiledStateGraph"
RETRIEVER = "langchain_core.vectorstores.VectorStoreRetriever"
RUNS = "batch generate invoke predict predict_messages stream.__iter__"
BINDING = "__or__ bind bind_tools configurable_fields pipe with_config with_fallbacks with_retry with_structured_output"

CHAT_MODELS = {
    "langchain_openai": "AzureChatOpenAI ChatOpenAI OpenAI",
    "langchain_anthropic": "AnthropicLLM ChatAnthropic",
    "langchain_aws": "BedrockLLM ChatBedrock ChatBedrockConverse",
    "langchain_cohere": "ChatCohere",
    "langchain_community.chat_models": "AzureChatOpenAI BedrockChat ChatAnthropic ChatOllama ChatOpenAI",
    "langchain.chat_models": "AzureChatOpenAI ChatAnthropic ChatOpenAI",
    "langchain_community.llms": "HuggingFaceHub Ollama OpenAI",
    "langchain.llms": "HuggingFaceHub Ollama OpenAI",
    "langchain_deepseek": "ChatDeepSeek",
    "langchain_fireworks": "ChatFireworks",
    "langchain_google_genai": "ChatGoogleGenerativeAI GoogleGenerativeAI",
    "langchain_google_vertexai": "ChatVertexAI VertexAI",
    "langchain_groq": "ChatGroq",
    "langchain_huggingface": "ChatHuggingFace HuggingFaceEndpoint",
    "langchain_mistralai": "ChatMistralAI",
    "langchain_ollama": "ChatOllama OllamaLLM",
    "langchain_together": "ChatTogether",
    "langchain_xai": "ChatXAI",
    "langchain_core.language_models": "BaseChatModel BaseLLM",
    "langchain_core.language_models.chat_models": "BaseChatModel",
}
EMBEDDINGS = {
    "langchain_openai": "AzureOpenAIEmbeddings OpenAIEmbeddings",
    "langchain_aws": "BedrockEmbeddings",
    "langchain_cohere": "CohereEmbeddings",
    "langchain_community.embeddings": "BedrockEmbeddings OllamaEmbeddings OpenAIEmbeddings",
    "langchain.embeddings": "OpenAIEmbeddings",
    "langchain.embeddings.openai": "OpenAIEmbeddings",
    "langchain_google_genai": "GoogleGenerativeAIEmbeddings",
    "langchain_google_vertexai": "VertexAIEmbeddings",
    "langchain_mistralai": "MistralAIEmbeddings",
    "langchain_ollama": "OllamaEmbeddings",
    "langchain_core.embeddings": "Embeddings",
}
STORES = {
    "langchain_astradb": "AstraDBVectorStore",
    "langchain_chroma": "Chroma",
    "langchain_community.vectorstores": "Chroma FAISS Milvus MongoDBAtlasVectorSearch PGVector Pinecone Qdrant Redis "
    "SupabaseVectorStore Weaviate",
    "langchain.vectorstores": "Chroma FAISS PGVector Pinecone Qdrant Weaviate",
    "langchain_elasticsearch": "ElasticsearchStore",
    "langchain_milvus": "Milvus",
    "langchain_mongodb": "MongoDBAtlasVectorSearch",
    "langchain_pinecone": "PineconeVectorStore",
    "langchain_postgres": "PGVector",
    "langchain_qdrant": "QdrantVectorStore",
    "langchain_weaviate": "WeaviateVectorStore",
    "langchain_core.vectorstores": "VectorStore",
}
CHAINS = "ConversationChain ConversationalRetrievalChain LLMChain RetrievalQA RetrievalQAWithSourcesChain"
# What makes a chain of what it is given.
CHAIN_MAKERS = """
    langchain.chains.create_retrieval_chain langchain.chains.create_history_aware_retriever
    langchain.chains.combine_documents.create_stuff_documents_chain langchain.chains.question_answering.load_qa_chain
    langchain.chat_models.init_chat_model langchain.agents.initialize_agent
    langchain_classic.chains.create_retrieval_chain langchain_classic.chains.combine_documents.create_stuff_documents_chain
"""


def named(libraries: dict[str, str]) -> Iterator[str]:
    return (f"{module}.{name}" for module, names in libraries.items() for name in names.split())


LANGCHAIN = (
    *(
        Client(name, RUNS, gives=dict.fromkeys(BINDING.split(), RUNNABLE))
        for name in named(CHAT_MODELS)
    ),
    *(Client(name, "embed_documents embed_query") for name in named(EMBEDDINGS)),
    *(
        Client(
            name,
            """
            add_documents add_texts delete from_documents from_texts max_marginal_relevance_search search
            similarity_search similarity_search_by_vector similarity_search_with_relevance_scores
            similarity_search_with_score
            """,
            gives={"as_retriever": RETRIEVER, "from_documents": name, "from_texts": name, "from_existing_index": name},
        )
        for name in named(STORES)
    ),
    Client(RETRIEVER, "batch get_relevant_documents invoke"),
    Client(
        RUNNABLE, "batch invoke run stream.__iter__", made_by=CHAIN_MAKERS,
        gives=dict.fromkeys(BINDING.split(), RUNNABLE),
    ),
    *(
        Client(f"{module}.chains.{name}", "apply batch invoke predict run stream.__iter__",
               gives=dict.fromkeys(("from_chain_type", "from_llm"), f"{module}.chains.{name}"))
        for module in ("langchain", "langchain_classic") for name in CHAINS.split()
    ),
    Client("langchain.agents.AgentExecutor", "batch invoke run stream.__iter__",
           gives={"from_agent_and_tools": "langchain.agents.AgentExecutor"}, also="langchain_classic.agents.AgentExecutor"),
    Client(
        "langgraph.graph.StateGraph", "", gives={"compile": GRAPH},
        also="langgraph.graph.state.StateGraph langgraph.graph.MessageGraph",
    ),
    Client(GRAPH, "batch invoke stream.__iter__", also="langgraph.graph.state.CompiledGraph langgraph.graph.graph.CompiledGraph",
           gives={"with_config": GRAPH}, made_by="langgraph.prebuilt.create_react_agent langchain.agents.create_agent"),
    Client("langchain_community.document_loaders.WebBaseLoader", "lazy_load.__iter__ load load_and_split",
           also="langchain.document_loaders.WebBaseLoader"),
)  # fmt: skip

MODELS = (
    Client("ollama", "chat create embed embeddings generate pull push web_fetch web_search", local="AsyncClient",
           constructed=False, shared=True),
    Client("ollama.Client", "chat create embed embeddings generate list pull push show", shared=True),
    Client("litellm", "completion completion_with_retries embedding image_generation moderation rerank responses speech "
           "text_completion transcription", constructed=False, shared=True),
    Client("cohere.Client", "chat classify embed generate rerank summarize", also="cohere.ClientV2"),
    Client("mistralai.Mistral", "complete create embed list parse process retrieve upload"),
    Client("replicate", "run", constructed=False, shared=True),
    Client("replicate.Client", "run"),
    Client("together.Together", "create list retrieve"),
    Client("huggingface_hub.InferenceClient", "chat_completion create feature_extraction summarization text_classification "
           "text_generation text_to_image text_to_speech", also="huggingface_hub.inference._client.InferenceClient"),
    Client("voyageai.Client", "embed rerank"),
    Client("vertexai.generative_models.GenerativeModel", "count_tokens generate_content",
           gives={"start_chat": "vertexai.generative_models.ChatSession"},
           also="vertexai.preview.generative_models.GenerativeModel"),
    Client("vertexai.generative_models.ChatSession", "send_message"),
    Client("tavily.TavilyClient", "crawl extract get_search_context map qna_search research search"),
    Client("firecrawl.FirecrawlApp", "crawl crawl_url extract map_url scrape scrape_url search", also="firecrawl.Firecrawl"),
    Client("exa_py.Exa", "answer find_similar get_contents search search_and_contents"),
    Client(
        "qdrant_client.QdrantClient", "*", also="qdrant_client.qdrant_client.QdrantClient",
        local="close grpc_collections grpc_points http init_options",
    ),
    Client("pinecone.Pinecone", "create_index delete_index describe_index has_index list_indexes",
           gives={"Index": "pinecone.Index", "index": "pinecone.Index"}),
    Client("pinecone.Index", "delete describe_index_stats fetch query search update upsert upsert_records"),
)  # fmt: skip

LANGUAGE_MODELS = Clients((*LANGCHAIN, *MODELS))


def prompt_types() -> Iterator[tuple[str, Type]]:
    """The types of prompts, with which a chain begins: what follows one is a chain."""
    for name in ("ChatPromptTemplate", "PromptTemplate"):
        for module in ("langchain_core.prompts", "langchain.prompts"):
            symbol = f"{module}.{name}"
            yield symbol, Type("type", (Type(symbol),))
            for maker in ("from_messages", "from_template"):
                yield f"{symbol}.{maker}", callable_(Type(symbol))
            yield f"{symbol}.__or__", callable_(Type(RUNNABLE))
