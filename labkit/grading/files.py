"""Files that the grader writes: whole or not at all, with names that any disk takes."""

import hashlib
import re
import secrets
from pathlib import Path


def write(file: Path, content: str | bytes) -> Path:
    """Writes a file atomically, text in UTF-8, and returns it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{secrets.token_hex(8)}.new")  # another thread may be writing the same file
    fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
    return fresh.replace(file)


def slug(name: str) -> str:
    """Returns a file name that is valid on any disk and unique to the student."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name)[:40].strip("-") or "student"
    return f"{plain}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:6]}"
