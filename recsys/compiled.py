"""How this project compiles its inner loops: decorators around numba's, a prefetch, names of array types."""

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
from llvmlite import ir
from llvmlite.binding import ffi
from numba import from_dtype, njit
from numba.core.event import Event, Listener, install_listener
from numba.core.types import Array, Tuple, Type, float64, int64, void
from numba.extending import intrinsic
from numpy.typing import NDArray

log = logging.getLogger(__name__)

COMPILER: str = ffi.lib._name  # the file of the library that compiles, and loads what was compiled

Function = TypeVar("Function", bound=Callable[..., Any])

B8: TypeAlias = NDArray[np.bool_]
F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
U8: TypeAlias = NDArray[np.uint8]
U16: TypeAlias = NDArray[np.uint16]
U32: TypeAlias = NDArray[np.uint32]
U64: TypeAlias = NDArray[np.uint64]

# Of arguments of what is `compiled_ahead`: a matrix, and what is written to. All others are only read.
_WRITTEN = "written"
F64M: TypeAlias = Annotated[F64, 2]
F64MW: TypeAlias = Annotated[F64, 2, _WRITTEN]
I64M: TypeAlias = Annotated[I64, 2]
I64MW: TypeAlias = Annotated[I64, 2, _WRITTEN]
B8W: TypeAlias = Annotated[B8, 1, _WRITTEN]
F64W: TypeAlias = Annotated[F64, 1, _WRITTEN]
I32W: TypeAlias = Annotated[I32, 1, _WRITTEN]
I64W: TypeAlias = Annotated[I64, 1, _WRITTEN]


def compiled(function: Function) -> Function:
    """Compiled at the first call with each kind of arguments; kept on disk where there is a writable place for it."""
    return _compiled(function, None)


def compiled_bare(function: Function) -> Function:
    """The same for a helper of other loops that neither makes arrays nor returns any: references to those that it is
    given are not counted, which in a small function takes more time than the rest.
    """
    return _compiled(function, None, _nrt=False)


def compiled_ahead(function: Function) -> Function:
    """Compiled when the module is imported, for arguments as they are annotated: a server must not wait for a compiler.

    Arrays have no gaps; those that are only read may be mapped from a file. What it finds it best writes to arrays that
    it is given: each that it returned would cost two microseconds.
    """
    hints = get_type_hints(function, include_extras=True)
    with install_listener("numba:compile", _Notice()):
        return _compiled(function, tuple(_type(hint) for name, hint in hints.items() if name != "return"))


def _compiled(function: Function, types: tuple[Type, ...] | None, **options: bool) -> Function:
    """Without the interpreter lock."""
    compile_ = partial(cast(Any, njit), types, nogil=True, **options)
    try:
        return cast(Function, compile_(cache=True)(function))
    except RuntimeError:  # a read-only installation and no home folder: nowhere to keep it
        return cast(Function, compile_()(function))


class _Notice(Listener):
    """Says why an import takes its time."""

    def on_start(self, event: Event) -> None:
        _say_once()

    def on_end(self, event: Event) -> None:
        pass


@cache
def _say_once() -> None:
    log.warning("Compiling inner loops for this machine. This takes some ten seconds, once.")


def _type(hint: Any) -> Type:
    if hint in (int, float):
        return int64 if hint is int else float64
    if get_origin(hint) is tuple:
        return Tuple([_type(part) for part in get_args(hint)])  # type: ignore[no-untyped-call]
    array, dimensions, *written = get_args(hint) if get_origin(hint) is Annotated else (hint, 1)
    dtype = from_dtype(np.dtype(get_args(get_args(array)[1])[0]))  # of an NDArray
    return Array(dtype, dimensions, "C", readonly=not written)


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
