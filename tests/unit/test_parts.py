"""Parts of kernels: they do in a kernel what they do in Python, and are nothing to Python by themselves."""

import numba
import numpy as np
import pytest

from data.jit import dense, kernel, leaf, part

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
def test_blas_is_at_hand_for_kernels_of_others():
    @numba.njit
    def product(a, b):
        return a @ b

    a = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(product(a, a.T.copy()), a @ a.T)
