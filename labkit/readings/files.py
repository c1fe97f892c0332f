"""Files as people save them: compressed or not, in some encoding, or of a kind that is no table of text."""

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

from labkit.errors import LabError

BOMS = {b"\xef\xbb\xbf": ("utf-8-sig", "UTF-8"), b"\xff\xfe": ("utf-16", "UTF-16"), b"\xfe\xff": ("utf-16", "UTF-16")}
OLD_EXCEL = "cp1252"
AS_CSV = "save the table as CSV in UTF-8"
# How files of other kinds begin, what they are, and what to do.
KINDS = {
    b"PK\x03\x04": (
        "a workbook or an archive",
        f"unpack an archive first; of a workbook {AS_CSV}, or give lab.produce the DataFrame of pd.read_excel(...)",
    ),
    b"\xd0\xcf\x11\xe0": ("a workbook", f"{AS_CSV}, or give lab.produce the DataFrame of pd.read_excel(...)"),
    b"PAR1": ("a Parquet file", "give lab.produce the DataFrame of pd.read_parquet(...)"),
    b"ARROW1": ("a Feather file", "give lab.produce the DataFrame of pd.read_feather(...)"),
    b"\x89HDF": ("an HDF5 file", "give lab.produce the DataFrame of pd.read_hdf(...)"),
    b"SQLite format 3": ("a database", "give lab.produce the DataFrame of pd.read_sql(...)"),
    b"%PDF": ("a PDF file", AS_CSV),
    b"{\\rtf": ("a document (RTF)", AS_CSV),
    b"Obj\x01": ("an Avro file", "give lab.produce the list of fastavro.reader(open(path, 'rb'))"),
    b"ORC": ("an ORC file", "give lab.produce the DataFrame of pd.read_orc(...)"),
    b"\x93NUMPY": ("an array of NumPy", "give lab.produce the DataFrame of pd.DataFrame(np.load(...))"),
    b"version https://git-lfs": ("where Git LFS keeps the file", "fetch the file itself: git lfs pull"),
    b"BZh": ("compressed (bzip2)", "unpack it first"),
    b"\xfd7zXZ": ("compressed (xz)", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("compressed (zstd)", "unpack it first"),
}
SAMPLE = 4096  # bytes


class Text(NamedTuple):
    """What a file says, and its encoding in words."""

    content: str
    encoding: str


def read(path: Path) -> Text:
    """Returns the text in a file. Raises LabError, saying what to do, if it holds none."""
    content = _content(path)
    for begin, (kind, advice) in KINDS.items():
        if content.startswith(begin):
            raise LabError(f"{path} is {kind}, not a table of text: {advice}.")
    text = _decoded(content)
    if text is None or "\0" in text.content:
        raise LabError(f"{path} is not text in UTF-8, UTF-16 or Windows-1252: save it as CSV in UTF-8.")
    if not text.content.strip():
        raise LabError(f"{path} is empty: its first line must name the columns.")
    if text.content.lstrip().startswith("<"):
        raise LabError(f"{path} is a page (HTML or XML), not a table: download the file itself, or {AS_CSV}.")
    return text


def _decoded(content: bytes) -> Text | None:
    """Returns the text; None if it is in no known encoding."""
    encoding, words = next((named for bom, named in BOMS.items() if content.startswith(bom)), ("utf-8", "UTF-8"))
    if without_bom := _utf_16(content[:SAMPLE]):
        encoding, words = without_bom, "UTF-16"
    for each, said in ((encoding, words), (OLD_EXCEL, "Windows-1252 (it is not UTF-8)")):
        try:
            return Text(content.decode(each), said)
        except UnicodeDecodeError:
            continue
    return None


def _utf_16(sample: bytes) -> str | None:
    """Returns the encoding of text in UTF-16 without a BOM, in which every other byte is 0; None if it is another."""
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if sample[:2] in BOMS or 4 * max(first, second) < len(sample):
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except FileNotFoundError:
        raise LabError(f"There is no file {path}.") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise LabError(f"{path} is a damaged gzip file: {error}.") from None
    except OSError as error:
        raise LabError(f"Cannot read {path}: {error.strerror}.") from None
