"""How this project compiles its inner loops: one decorator around numba's, and short names for array types."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
U8: TypeAlias = NDArray[np.uint8]
U16: TypeAlias = NDArray[np.uint16]
U64: TypeAlias = NDArray[np.uint64]


def compiled(function: Function) -> Function:
    """Compiled on first call, without the interpreter lock; kept on disk where there is a writable place for it."""
    try:
        return cast(Function, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # a read-only installation and no home folder: nowhere to keep it
        return cast(Function, njit(nogil=True)(function))
