"""Calls that compute for long.

What counts takes 10 ms and more in one call, of which a web request can make many: about as long as the answers of two
other requests. The times were measured in processor time of one core of a server, with bcrypt 5.0, argon2-cffi 25.1,
passlib 1.7.4, pwdlib 0.3, Werkzeug 3, cryptography 50, Pillow 13, OpenCV 5, pandas 3.1, openpyxl 3.1, NumPy 2.4,
scikit-learn 1.9, pypdf 7.1, ReportLab 5.1, Matplotlib 3.11 and CPython 3.11; images have 12 megapixels, tables 10,000
rows of 11 columns, data is 1 MB of text.
"""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import Value

from apitfall_rules.frameworks.calls import libraries_of


def under(start: str, names: str) -> Iterator[str]:
    return (start + name for name in names.split())


SCHEMES = """
    argon2 bcrypt bcrypt_sha256 django_bcrypt django_pbkdf2_sha256 pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha512 phpass scrypt
    sha1_crypt sha256_crypt sha512_crypt
""".split()

# A hash of a password takes its time on purpose.
PASSWORDS = frozenset(
    [
        *under("bcrypt.", "hashpw checkpw kdf"),  # 240 ms at 12 rounds, the default
        *under("argon2.PasswordHasher.", "hash verify"),  # 170 ms with the defaults
        *under("argon2.low_level.", "hash_secret hash_secret_raw verify_secret"),
        *under("passlib.context.CryptContext.", "hash encrypt verify verify_and_update dummy_verify"),
        *(
            f"passlib.hash.{scheme}.{name}" for scheme in SCHEMES for name in ("hash", "encrypt", "verify")
        ),  # 7 to 240 ms
        *under("pwdlib.PasswordHash.", "hash verify verify_and_update"),  # 170 ms as recommended()
        *under("pwdlib.hashers.argon2.Argon2Hasher.", "hash verify"),
        *under("pwdlib.hashers.bcrypt.BcryptHasher.", "hash verify"),
        *under("fastapi_users.password.PasswordHelper.", "hash verify_and_update"),  # pwdlib's
        *under("werkzeug.security.", "generate_password_hash check_password_hash"),  # 100 ms
        *under("hashlib.", "pbkdf2_hmac scrypt"),  # 140 ms for 600,000 rounds; 48 ms for n=2**14
        *under("cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC.", "derive verify"),
        *under("cryptography.hazmat.primitives.kdf.scrypt.Scrypt.", "derive verify"),
        *under("cryptography.hazmat.primitives.kdf.argon2.Argon2id.", "derive verify"),
        *under("Crypto.Protocol.KDF.", "PBKDF2 bcrypt bcrypt_check scrypt"),
        *under("nacl.pwhash.", "str verify"),
    ]
)
KEYS = frozenset(
    [
        "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key",  # 30 to 300 ms for 2048 bits
        "cryptography.hazmat.primitives.asymmetric.dh.generate_parameters",  # minutes
        "Crypto.PublicKey.RSA.generate",
    ]
)
IMAGES = frozenset(
    [
        # The first of these decodes the image as well: 66 ms for a JPEG.
        *under("PIL.Image.Image.", "load resize thumbnail save convert rotate filter quantize transform transpose"),
        *under("PIL.ImageOps.", "autocontrast contain cover equalize exif_transpose fit grayscale pad posterize scale"),
        # 64 ms to decode, 34 ms to encode, 64 ms to blur, 291 ms for edges
        *under("cv2.", "imdecode imencode imread imwrite GaussianBlur bilateralFilter medianBlur Canny matchTemplate"),
        *under("cv2.", "fastNlMeansDenoising fastNlMeansDenoisingColored grabCut"),
        "cv2.CascadeClassifier.detectMultiScale",
        *under("pytesseract.", "image_to_string image_to_data image_to_boxes image_to_pdf_or_hocr"),  # runs a process
        *under("matplotlib.pyplot.", "savefig"),  # 43 ms for one line in one figure
        "matplotlib.figure.Figure.savefig",
    ]
)
TABLES = frozenset(
    [
        # 680 ms for a workbook, 54 ms for JSON; 5 ms for CSV, and 1 ms more for each 0.5 MB
        *under("pandas.", "read_csv read_excel read_fwf read_hdf read_html read_json read_orc read_parquet read_sas"),
        *under("pandas.", "read_spss read_stata read_table read_xml ExcelFile"),
        *under("pandas.DataFrame.", "to_csv to_excel to_html to_parquet"),  # 111 ms, 1,080 ms, 61 ms for 1,000 rows
        *under("polars.", "read_csv read_excel"),
        "openpyxl.load_workbook",  # 960 ms
        "openpyxl.Workbook.save",  # 890 ms
    ]
)
NUMBERS = frozenset(under("numpy.linalg.", "eig eigh eigvals inv lstsq pinv solve svd"))  # 30 to 1,500 ms for 500 x 500
OPTIMIZERS = frozenset(
    under("scipy.optimize.", "basinhopping brute differential_evolution dual_annealing minimize")  # 70 to 1,800 ms
)
# To load a model takes seconds, and is done once by what keeps it.
LOADING = frozenset(
    """
    sentence_transformers.SentenceTransformer sentence_transformers.CrossEncoder transformers.pipeline
    whisper.load_model faster_whisper.WhisperModel easyocr.Reader ultralytics.YOLO onnxruntime.InferenceSession torch.load
    torch.jit.load spacy.load joblib.load tensorflow.keras.models.load_model keras.models.load_model whisperx.load_model
    """.split()
)
# Embeddings that are computed here; those of services are in `language_models`.
LOCAL_EMBEDDINGS = tuple(
    f"{module}.{name}"
    for module in ("langchain_huggingface", "langchain_community.embeddings", "langchain.embeddings")
    for name in ("HuggingFaceBgeEmbeddings", "HuggingFaceEmbeddings", "HuggingFaceInstructEmbeddings")
)
LOADERS = tuple(
    f"{module}.{name}"
    for module in ("langchain_community.document_loaders", "langchain.document_loaders")
    for name in ("PDFMinerLoader", "PDFPlumberLoader", "PyPDFLoader", "UnstructuredFileLoader", "UnstructuredPDFLoader")
)
MODELS = frozenset(
    [
        # What runs a neural network: from 10 ms for a sentence to minutes for a recording.
        *under("sentence_transformers.SentenceTransformer.", "encode encode_query encode_document"),
        *under("sentence_transformers.CrossEncoder.", "predict rank"),
        *under("ultralytics.YOLO.", "__call__ predict"),
        "transformers.Pipeline.__call__",
        "whisper.Whisper.transcribe",
        "faster_whisper.WhisperModel.transcribe",
        "easyocr.Reader.readtext",
        "onnxruntime.InferenceSession.run",
        "spacy.Language.__call__",
        "tensorflow.keras.Model.predict",
        "transformers.PreTrainedModel.generate",
        *under("deepface.DeepFace.", "analyze extract_faces find represent verify"),
        *under("face_recognition.", "face_encodings face_landmarks face_locations"),
        *under("librosa.", "load feature.mfcc feature.melspectrogram"),
        *(f"{name}.{method}" for name in LOCAL_EMBEDDINGS for method in ("embed_documents", "embed_query")),
    ]
)
# Estimators of scikit-learn: 206 ms to fit a forest to 1,000 rows; 5 ms for it to predict one.
ESTIMATORS = """
    cluster.AgglomerativeClustering cluster.DBSCAN cluster.KMeans decomposition.NMF decomposition.PCA
    ensemble.ExtraTreesClassifier ensemble.ExtraTreesRegressor ensemble.GradientBoostingClassifier
    ensemble.GradientBoostingRegressor ensemble.HistGradientBoostingClassifier ensemble.HistGradientBoostingRegressor
    ensemble.IsolationForest ensemble.RandomForestClassifier ensemble.RandomForestRegressor manifold.TSNE
    model_selection.GridSearchCV model_selection.RandomizedSearchCV neighbors.KNeighborsClassifier
    neighbors.KNeighborsRegressor neural_network.MLPClassifier neural_network.MLPRegressor svm.SVC svm.SVR
""".split()
PICKLED = "joblib.load()"  # what is kept that way is one of these, or a pipeline that ends in one
TRAINED = frozenset((*ESTIMATORS, PICKLED))
FITTING = frozenset("fit fit_predict fit_transform".split())
PREDICTING = frozenset("predict predict_proba".split())
DOCUMENTS = frozenset(
    [
        "reportlab.platypus.SimpleDocTemplate.build",  # 26 ms for a table of 300 rows
        "weasyprint.HTML.write_pdf",
        *under("pdfkit.", "from_file from_string from_url"),  # runs a process
        *under("pdf2image.", "convert_from_bytes convert_from_path"),  # runs a process
        "xhtml2pdf.pisa.CreatePDF",
        "pdfminer.high_level.extract_text",
        *(f"{loader}.{name}" for loader in LOADERS for name in ("load", "load_and_split")),
        *under("pypdf.PageObject.", "extract_text"),  # 5 ms a page
        *under("PyPDF2.PageObject.", "extract_text"),
        *under("pdfplumber.page.Page.", "extract_table extract_tables extract_text extract_words"),
    ]
)
ARCHIVES = frozenset(
    [
        *under("gzip.", "compress decompress"),  # 37 and 2 ms
        *under("bz2.", "compress decompress"),  # 94 and 42 ms
        *under("lzma.", "compress decompress"),  # 380 and 14 ms
        *under("zipfile.ZipFile.", "extract extractall testzip write writestr"),  # 15 ms to write
    ]
)
HEAVY = PASSWORDS | KEYS | IMAGES | TABLES | NUMBERS | OPTIMIZERS | LOADING | MODELS | DOCUMENTS | ARCHIVES

# What takes less than 10 ms for what is usual, and long only for what is large.
LIGHT = NUMBERS | frozenset(
    """
    pandas.read_csv polars.read_csv gzip.compress gzip.decompress bz2.decompress lzma.decompress zipfile.ZipFile.writestr
    """.split()
)

# What starts a program, which computes beside this process, and waits for it.
PROGRAMS = ("pdf2image.", "pdfkit.", "pytesseract.")

# What is written in Python, at least in part, and so holds the interpreter's lock while it computes.
IN_PYTHON = (
    "openpyxl.", "pandas.read_excel", "pandas.ExcelFile", "pandas.DataFrame.to_excel", "pandas.DataFrame.to_html",
    "pandas.read_html", "pypdf.", "PyPDF2.", "pdfplumber.", "reportlab.", "weasyprint.", "xhtml2pdf.", "matplotlib.",
    "scipy.optimize.", "spacy.", "Crypto.Protocol.KDF.PBKDF2", "Crypto.PublicKey.",
)  # fmt: skip
NAMES = frozenset(name.rpartition(".")[2] for name in HEAVY) | FITTING | PREDICTING
LIBRARIES = libraries_of(HEAVY | TRAINED | {"sklearn"})

# Where a function is told how much to do: the argument's position and keyword, and how much takes 5 ms.
EFFORT = {"hashlib.pbkdf2_hmac": (3, "iterations", 20_000), "bcrypt.kdf": (3, "rounds", 2)}
FEWEST_ROUNDS = 7  # of bcrypt, each of which doubles the time, which take 8 ms


def computation(symbol: str, call: Value) -> str | None:
    """The function as it is shown, if calling it computes for long."""
    owner, _, name = symbol.rpartition(".")
    if owner.removeprefix("sklearn.") in TRAINED and name in FITTING | PREDICTING:
        return symbol
    return symbol if symbol in HEAVY and not is_little(symbol, call) else None


def is_little(symbol: str, call: Value) -> bool:
    """Whether the call itself says that there is little to do."""
    if symbol in EFFORT:
        position, keyword, most = EFFORT[symbol]
        given = number(call.argument(position, keyword))
        return given is not None and given < most
    salt = call.argument(1, "salt") if symbol == "bcrypt.hashpw" else None
    if salt is None or salt.kind != "call" or salt.of is None or salt.of.name != "gensalt":
        return False
    rounds = number(salt.argument(0, "rounds"))
    return rounds is not None and rounds <= FEWEST_ROUNDS


def is_light(name: str) -> bool:
    return name in LIGHT or (name.rpartition(".")[2] in PREDICTING and name.startswith(("sklearn.", "joblib.")))


def number(value: Value | None) -> int | None:
    """A whole number that is written out."""
    text = value.text.replace("_", "") if value is not None and value.kind == "constant" and value.name == "int" else ""
    return int(text) if text.isdecimal() else None
