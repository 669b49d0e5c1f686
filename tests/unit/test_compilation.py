"""What is left out while numba compiles changes nothing: its settings compare as numba compares them."""

import gc

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import event
from numba.core.compiler import Flags
from numba.core.errors import TypingError
from numba.core.targetconfig import Option, TargetConfig

from data import compilation, jit

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="kernels are not compiled")
SWITCHES = [name for name, option in Flags.options.items() if option.type is bool]
SETTINGS = st.dictionaries(st.sampled_from(SWITCHES[:4]), st.booleans())


def flags(given: dict[str, bool], error_model: str | None = None) -> Flags:
    made = Flags()
    for name, value in given.items():
        setattr(made, name, value)
    if error_model is not None:
        made.error_model = error_model
    return made


@settings(max_examples=300, deadline=None, derandomize=True)
@given(one=SETTINGS, other=SETTINGS, models=st.tuples(*[st.sampled_from([None, "python", "numpy"])] * 2))
def test_settings_are_the_same_where_numba_finds_them_so(one, other, models):
    one, other = flags(one, models[0]), flags(other, models[1])
    assert (one == other) == (one.values() == other.values())
    assert hash(one) == hash(tuple(sorted(one.values()))) == hash(other)


def test_a_setting_at_its_default_is_one_that_is_not_set():
    default = Flags.options["nrt"].default
    assert flags({"nrt": default}) == flags({})
    assert flags({"nrt": not default}) != flags({})


class Few(TargetConfig):
    wide = Option(type=bool, default=False, doc="")


def test_settings_of_other_classes_are_left_to_numba():
    class Same(Few):
        pass

    assert flags({}) != Few()
    assert Few() == Same()
    assert flags({}) != 3
    assert flags({}) is not None


class Watching(event.Listener):
    """Notes at the start of each pass of the compiler whether cycles are collected."""

    def __init__(self):
        self.seen = []

    def on_start(self, event):
        self.seen.append(gc.isenabled())

    def on_end(self, event):
        pass


@compiled_only
@pytest.mark.parametrize("wanted", [True, False])
def test_cycles_are_left_alone_while_a_kernel_is_compiled(wanted):
    def half(x):
        return 0.5 * x

    def wrong(x):
        return x.no_such_thing

    watching, before = Watching(), gc.isenabled()
    try:
        (gc.enable if wanted else gc.disable)()
        with event.install_listener("numba:run_pass", watching):
            assert numba.njit(half)(3.0) == 1.5
            with pytest.raises(TypingError):
                numba.njit(wrong)(3.0)
        assert gc.isenabled() is wanted
    finally:
        (gc.enable if before else gc.disable)()
    assert len(watching.seen) > 20
    assert not any(watching.seen)


def test_kernels_are_made_with_it():
    assert jit.compilation is compilation
    assert TargetConfig.__eq__ is compilation.same_settings
