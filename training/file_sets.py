"""What is named on the command line: files, folders of files, patterns; turned into files in a fixed order."""

from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from recsys.errors import BadInput
from training.read_markdown import is_markdown_folder

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".parquet")


def expanded(paths: Sequence[Path]) -> list[Path]:
    """The files meant by `paths`, in the order given, those of a folder or a pattern by name.

    A folder stands for the record files below it, however deep, hidden ones aside; a folder of Markdown stays one
    source. A pattern (`events/*.jsonl.gz`, `**` for any depth) is tried where no file has that very name.
    Raises BadInput where a folder or a pattern holds nothing.
    """
    return [file for path in paths for file in _files(path)]


def _files(path: Path) -> list[Path]:
    if path.is_dir() and not is_markdown_folder(path):
        below = (file for file in path.rglob("*") if file.is_file() and _holds_records(file, path))
        return sorted(below) or _nothing(f"{path} holds no file of records ({', '.join(SUFFIXES)}, plain or gz).")
    if has_magic(str(path)) and not path.exists():
        found = sorted(Path(name) for name in glob(str(path), recursive=True))  # noqa: PTH207 (takes absolute ones too)
        return [file for one in found for file in _files(one)] or _nothing(f"{path}: no file matches.")
    return [path]


def _holds_records(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return file.name.lower().removesuffix(".gz").endswith(SUFFIXES) and not any(p.startswith(".") for p in parts)


def _nothing(reason: str) -> list[Path]:
    raise BadInput(reason)
