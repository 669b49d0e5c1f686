"""Parts of kernels: they do in a kernel what they do in Python, and are nothing to Python by themselves."""

import subprocess
import sys
from types import FunctionType

import numba
import numpy as np
import pytest

from data.jit import dense, kernel, leaf, part
from data.kernels.parts import Part, PartCompiler, PartLibrary, RawPartLibrary

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="kernels are not compiled")


@leaf
def twice_nb(values, out):
    for i in range(len(values)):
        out[i] = 2.0 * values[i]


@dense
def thrice_nb(values, out):
    for i in range(len(values)):
        out[i] = 3.0 * values[i]


@part
def times_nb(values, factor, out):
    for i in range(len(values)):
        out[i] += factor * values[i]
    return factor


@kernel
def all_nb(values, out):
    twice_nb(values, out[0])
    thrice_nb(values, out[1])
    return times_nb(values, 4, out[2]) + times_nb(values, 5, out[2])


def test_a_kernel_does_what_its_parts_do_in_python():
    values, out = np.array([1.0, -0.5, 3.0]), np.zeros((3, 3))
    assert all_nb(values, out) == 9
    np.testing.assert_array_equal(out, [2.0 * values, 3.0 * values, 9.0 * values])


@compiled_only
@pytest.mark.parametrize("one", [twice_nb, thrice_nb])
def test_python_cannot_call_a_part(one):
    with pytest.raises(TypeError, match=f"{one.__name__} is compiled into kernels alone; Python can call"):
        one(np.ones(2), np.ones(2))
    out = np.zeros(2)
    one.py_func(np.ones(2), out)
    assert out.all()


@compiled_only
def test_python_cannot_call_a_part_that_a_kernel_has_compiled():
    @leaf
    def add_nb(x, y):
        return x + y

    @numba.njit
    def call(x, y):
        return add_nb(x, y)

    assert call(1.0, 2.0) == 3.0
    with pytest.raises(TypeError, match="add_nb is compiled into kernels alone"):
        add_nb(1.0, 2.0)


@compiled_only
def test_constants_share_one_typing_and_there_is_no_machine_code():
    @part
    def add_nb(x, by):
        return x + by

    @numba.njit
    def call(x):
        return add_nb(x, 1) + add_nb(x, 2) + add_nb(x, 3)

    assert call(10) == 36
    (compiled,) = add_nb.overloads.values()
    assert compiled.library.get_pointer_to_function(compiled.fndesc.mangled_name) == 0
    assert call.overloads[(numba.int64,)].library.get_llvm_str().count("define") < 8


@compiled_only
def test_what_is_overridden_is_there():
    # numba's own: under another name these would be methods that nobody calls.
    for ours in (Part, PartCompiler, PartLibrary, RawPartLibrary):
        overridden = [name for name, what in vars(ours).items() if isinstance(what, FunctionType | property)]
        for name in overridden:
            assert any(name in vars(base) for base in ours.__mro__[1:]), f"{ours.__name__}.{name}"
    assert callable(all_nb._compiler._customize_flags)


@compiled_only
def test_dense_parts_promise_that_arrays_do_not_overlap_and_others_do_not():
    @numba.njit
    def call(values, out):
        thrice_nb(values, out)
        twice_nb(values, out)

    call(np.ones(4), np.zeros(4))
    signatures = [
        next(iter(one.overloads.values())).library.get_llvm_str().split("define")[1].split("{")[0]
        for one in (thrice_nb, twice_nb)
    ]
    promised = [signature.count("noalias") for signature in signatures]
    assert promised[0] > promised[1]  # what numba hands back is promised of both


def test_scipy_is_not_imported_and_its_place_is_free():
    program = "import sys, data.jit; print(*[name for name in sys.modules if name.startswith('scipy')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not [name for name in done.stdout.split() if name.startswith("scipy.linalg")]


@compiled_only
def test_blas_is_at_hand_for_kernels_of_others():
    @numba.njit
    def product(a, b):
        return a @ b

    a = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(product(a, a.T.copy()), a @ a.T)
