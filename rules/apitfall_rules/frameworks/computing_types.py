"""The types of libraries that compute, so that the objects whose methods take long are known without an environment.

Read off the sources of the versions named in `computations`, and of sentence-transformers, transformers, Whisper,
faster-whisper, EasyOCR, Ultralytics, spaCy, WeasyPrint, pdfplumber, PyPDF2 3.0.1 and fastapi-users.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apitfall.rule import Type, callable_

from apitfall_rules.frameworks.computations import ESTIMATORS, LOADERS, LOCAL_EMBEDDINGS, PICKLED
from apitfall_rules.frameworks.types import alias, attributes, cls, managed, methods


def passwords() -> Iterator[tuple[str, Type]]:
    yield from cls("passlib.context.CryptContext")
    yield from cls("passlib.context.LazyCryptContext", "passlib.context.CryptContext")
    yield from cls("argon2.PasswordHasher")
    yield from alias("argon2.PasswordHasher", "argon2._password_hasher.PasswordHasher")
    yield from cls("pwdlib.PasswordHash")
    yield from alias("pwdlib.PasswordHash", "pwdlib._hash.PasswordHash")
    yield "pwdlib.PasswordHash.recommended", callable_(Type("pwdlib.PasswordHash"))
    yield from cls("pwdlib.hashers.argon2.Argon2Hasher")
    yield from cls("pwdlib.hashers.bcrypt.BcryptHasher")
    yield from cls("fastapi_users.password.PasswordHelper")
    yield from cls("fastapi_users.BaseUserManager")
    yield from alias("fastapi_users.BaseUserManager", "fastapi_users.manager.BaseUserManager")
    yield from attributes(
        "fastapi_users.BaseUserManager", password_helper=Type("fastapi_users.password.PasswordHelper")
    )
    for name in ("pbkdf2.PBKDF2HMAC", "scrypt.Scrypt", "argon2.Argon2id"):
        yield from cls(f"cryptography.hazmat.primitives.kdf.{name}")


def images() -> Iterator[tuple[str, Type]]:
    image = "PIL.Image.Image"
    yield from cls(image)
    yield from managed(image)
    yield from methods("PIL.Image", Type(image), "open new fromarray frombytes")
    made = "convert copy crop filter quantize reduce resize rotate transform transpose"
    yield from methods(image, Type(image), made)
    yield from methods(
        "PIL.ImageOps", Type(image), "autocontrast contain cover equalize fit grayscale pad posterize scale"
    )
    yield from cls("cv2.CascadeClassifier")
    figure = "matplotlib.figure.Figure"
    yield from cls(figure)
    yield "matplotlib.pyplot.figure", callable_(Type(figure))
    yield "matplotlib.pyplot.subplots", callable_(Type("tuple", (Type(figure), Type("matplotlib.axes.Axes"))))


def tables() -> Iterator[tuple[str, Type]]:
    frame = "pandas.DataFrame"
    yield from cls(frame)
    yield from alias(frame, "pandas.core.frame.DataFrame")
    yield from methods(
        "pandas", Type(frame), "read_csv read_fwf read_json read_orc read_parquet read_spss read_table read_xml"
    )
    yield from methods(frame, Type(frame), "copy dropna fillna head merge rename sort_values tail")
    workbook = "openpyxl.Workbook"
    yield from cls(workbook)
    yield from alias(workbook, "openpyxl.workbook.Workbook", "openpyxl.workbook.workbook.Workbook")
    yield "openpyxl.load_workbook", callable_(Type(workbook))
    archive = "zipfile.ZipFile"
    yield from cls(archive)
    yield from managed(archive)


def models() -> Iterator[tuple[str, Type]]:
    for name in ESTIMATORS:
        yield from cls(f"sklearn.{name}")
    for name in (
        "sentence_transformers.SentenceTransformer",
        "sentence_transformers.CrossEncoder",
        "transformers.Pipeline",
        "whisper.Whisper",
        "faster_whisper.WhisperModel",
        "easyocr.Reader",
        "ultralytics.YOLO",
        "onnxruntime.InferenceSession",
        "spacy.Language",
        *LOCAL_EMBEDDINGS,
        *LOADERS,
    ):
        yield from cls(name)
    yield "joblib.load", callable_(Type(PICKLED))
    for library in ("tensorflow.keras", "keras"):
        yield f"{library}.models.load_model", callable_(Type("tensorflow.keras.Model"))
    for task in ("CausalLM", "Seq2SeqLM", "SpeechSeq2Seq", "Vision2Seq"):
        yield f"transformers.AutoModelFor{task}.from_pretrained", callable_(Type("transformers.PreTrainedModel"))
    yield "transformers.pipeline", callable_(Type("transformers.Pipeline"))
    yield "whisper.load_model", callable_(Type("whisper.Whisper"))
    yield "spacy.load", callable_(Type("spacy.Language"))
    for name in ("transformers.Pipeline", "ultralytics.YOLO", "spacy.Language"):
        yield f"{name}.__call__", callable_(Type("object"))
    yield from alias("whisper.Whisper", "whisper.model.Whisper")
    yield from alias("spacy.Language", "spacy.language.Language")


def documents() -> Iterator[tuple[str, Type]]:
    for library in ("pypdf", "PyPDF2"):
        yield from cls(f"{library}.PdfReader")
        yield from cls(f"{library}.PageObject")
        yield from attributes(f"{library}.PdfReader", pages=Type("list", (Type(f"{library}.PageObject"),)))
    yield from cls("pdfplumber.pdf.PDF")
    yield from managed("pdfplumber.pdf.PDF")
    yield from cls("pdfplumber.page.Page")
    yield from attributes("pdfplumber.pdf.PDF", pages=Type("list", (Type("pdfplumber.page.Page"),)))
    yield "pdfplumber.open", callable_(Type("pdfplumber.pdf.PDF"))
    yield from cls("weasyprint.HTML")
    yield from cls("reportlab.platypus.SimpleDocTemplate")
    yield from alias("reportlab.platypus.SimpleDocTemplate", "reportlab.platypus.doctemplate.SimpleDocTemplate")


TYPES: Mapping[str, Type] = {
    **dict(passwords()), **dict(images()), **dict(tables()), **dict(models()), **dict(documents()),
}  # fmt: skip
