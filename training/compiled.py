"""How this project compiles its inner loops: a decorator around numba's, a prefetch, names of array types."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core.types import int64, void
from numba.extending import intrinsic
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
U8: TypeAlias = NDArray[np.uint8]
U16: TypeAlias = NDArray[np.uint16]
U32: TypeAlias = NDArray[np.uint32]
U64: TypeAlias = NDArray[np.uint64]


def compiled(function: Function) -> Function:
    """Compiled on first call, without the interpreter lock; kept on disk where there is a writable place for it."""
    try:
        return cast(Function, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # a read-only installation and no home folder: nowhere to keep it
        return cast(Function, njit(nogil=True)(function))


def _prefetch(_typing: Any, array: Any, place: Any) -> Any:
    """What numba calls to learn of `prefetch`: its types, and the instruction it becomes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(32)
        values = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(values.data, [arguments[1]]), ir.IntType(8).as_pointer())
        takes = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        instruction = builder.module.declare_intrinsic("llvm.prefetch", [address.type], takes)
        builder.call(instruction, [address, number(0), number(3), number(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return void(array, int64), generate


# prefetch(array, place) asks the processor to bring array[place] into its caches, and does not wait. The array has one
# dimension, without gaps; nothing is read, so any place from 0 on will do.
prefetch = cast(Callable[[Any, Any], None], intrinsic(_prefetch))
