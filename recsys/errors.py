"""Every error that the library raises on purpose, as one tree.

RecsysError
├── BadRecord     one field of one article or event is not what the format asks for
├── BadRules      rules that can't be taken as they stand, each named by its index
├── BadInput      a file, setting or argument that can't be used at all
├── NotFound      an article, model version or home that does not exist
├── NoModel       the home has no trained model yet
├── StoreFailed   the database, or object storage, can't do what was asked; nothing of it was stored
│   └── StoreFull because no space is left
└── Refused       a bundle or a request that is well formed but must not take effect
    ├── BadBundle the files of a bundle don't match its manifest
    └── Outdated  what was to be replaced has been replaced by somebody else
"""

from collections.abc import Sequence


class RecsysError(Exception):
    """Says in one line what is wrong and what to do."""

    exit_code = 1


class BadRecord(RecsysError):
    """`field` of a record is unusable for `reason`; `field` is "" when the record as a whole is."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class BadRules(RecsysError):
    """What is wrong with a set of rules: pairs of an index, None for the set as a whole, and what is wrong there."""

    def __init__(self, faults: Sequence[tuple[int | None, BadRecord]]) -> None:
        super().__init__("; ".join(str(bad) if index is None else f"rule {index}: {bad}" for index, bad in faults[:20]))
        self.faults = tuple(faults)


class BadInput(RecsysError):
    """The call can't be carried out as given."""


class NotFound(RecsysError):
    """What was asked for is not there."""


class NoModel(NotFound):
    """Nothing has been trained yet."""


class StoreFailed(RecsysError):
    """The database, or the object storage, did not do what was asked, and nothing of it took effect."""


class StoreFull(StoreFailed):
    """No space is left; what is stored can still be read."""


class Refused(RecsysError):
    """Understood, and not done."""

    exit_code = 3


class BadBundle(Refused):
    """A model bundle that does not verify."""


class Outdated(Refused):
    """The caller's copy is not the newest: somebody else's change would be lost."""
