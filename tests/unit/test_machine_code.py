"""What is read of callgrind and objdump, on texts short enough to count by hand; and one kernel counted for real."""

import doctest
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

from benchmarks.machine_code import bounds, callgrind, ceilings, counting, disassembly, instructions, profile
from benchmarks.machine_code.bounds import Placed, split_arithmetic
from benchmarks.machine_code.callgrind import CallOut, read_counts
from benchmarks.machine_code.ceilings import Ceilings, loop_of
from benchmarks.machine_code.compiled import OBJECT, REPORT
from benchmarks.machine_code.counting import Counted
from benchmarks.machine_code.disassembly import Instruction, read_instructions
from benchmarks.machine_code.instructions import missing_tools
from benchmarks.machine_code.jobs import JOBS
from benchmarks.machine_code.profile import attribute, plain_name, read_samples, table_of
from benchmarks.machine_code.recorded import RecordedCall, digest_of

ROOT = Path(__file__).resolve().parents[2]

PROFILE = """\
positions: instr line
events: Ir
ob=/usr/lib/libpython.so
fn=call
0x10 0 5
cob=???
cfn=0x1000
calls=1 0x1000 0
0x12 0 900
ob=???
fn=0x1000
0x1000 0 1
0x1004 0 100
cob=/usr/lib/libm.so
cfn=pow
calls=3 0x50 0
0x1008 0 600
0x1008 0 3
cfn=0x1100
calls=2 0x1100 0
0x100c 0 40
0x100c 0 2
fn=0x1100
0x1100 0 20
ob=/usr/lib/libm.so
fn=pow
0x50 0 600
"""

LISTING = """\

kernel.o:     file format elf64-x86-64

Disassembly of section .ltext:

0000000000000000 <_ZN8backtest7kernels6ledger13run_ledger_nbB2v4>:
_ZN8backtest7kernels6ledger13run_ledger_nbB2v4():
/src/ledger.py:10
   0:\tpush   rbp
   1:\tvmovupd ymm0,YMMWORD PTR [rdi+0x20]
/src/leaf.py:3 (discriminator 2)
   8:\tvaddpd ymm0,ymm0,YMMWORD PTR [rsi]
   c:\tnop    WORD PTR cs:[rax+rax*1+0x0]

0000000000000010 <_ZN7cpython8backtest1fB1v>:
  10:\tret
"""


def test_counts_are_of_code_without_a_file_and_of_itself_alone():
    executed = read_counts(PROFILE.splitlines())
    assert executed.times == {0x1000: 1, 0x1004: 100, 0x1008: 3, 0x100C: 2, 0x1100: 20}
    assert executed.calls_out == [CallOut(0x1008, "pow", 3, 600)]


def test_listing_gives_offsets_functions_and_lines():
    code = read_instructions(LISTING.splitlines())
    assert [one.offset for one in code] == [0, 1, 8, 12, 16]
    assert [one.source for one in code] == [("/src/ledger.py", 10)] * 2 + [("/src/leaf.py", 3)] * 2 + [("", 0)]
    assert [one.is_wrapper for one in code] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("text", "flop", "loaded", "stored"),
    [
        ("vaddsd xmm4,xmm5,xmm4", 1, 0, 0),
        ("vaddpd xmm4,xmm5,XMMWORD PTR [rax]", 2, 16, 0),
        ("vmulpd ymm8,ymm8,YMMWORD PTR [rdi+rax*8]", 4, 32, 0),
        ("vmulps ymm8,ymm8,ymm9", 8, 0, 0),
        ("vmulpd zmm8,zmm8,QWORD BCST [rdi]", 8, 8, 0),
        ("vfmadd213pd ymm0,ymm1,ymm2", 8, 0, 0),
        ("vfnmsub231sd xmm0,xmm1,QWORD PTR [rax]", 2, 8, 0),
        ("vdivpd ymm0,ymm1,ymm2", 4, 0, 0),
        ("vsqrtsd xmm0,xmm1,xmm1", 1, 0, 0),
        ("vmaxpd ymm0,ymm1,ymm2", 4, 0, 0),
        ("vpaddq ymm0,ymm1,ymm2", 0, 0, 0),
        ("vcmpltpd ymm2,ymm2,ymm4", 0, 0, 0),
        ("vucomisd xmm0,QWORD PTR [rcx]", 0, 8, 0),
        ("vmovupd YMMWORD PTR [rsp+0x1700],ymm2", 0, 0, 32),
        ("vmaskmovpd YMMWORD PTR [rax],ymm1,ymm2", 0, 0, 32),
        ("vbroadcastsd ymm1,QWORD PTR [rax]", 0, 8, 0),
        ("vgatherqpd ymm0,QWORD PTR [rax+ymm1*8],ymm2", 0, 32, 0),
        ("mov    QWORD PTR [rsp],rdi", 0, 0, 8),
        ("movzx  eax,BYTE PTR [rdi]", 0, 1, 0),
        ("add    QWORD PTR [rax],rcx", 0, 8, 8),
        ("lock add QWORD PTR [rax],rcx", 0, 8, 8),
        ("add    rcx,QWORD PTR [rax]", 0, 8, 0),
        ("cmp    QWORD PTR [r8+0x10],0x1", 0, 8, 0),
        ("sete   BYTE PTR [rax]", 0, 0, 1),
        ("push   rbp", 0, 0, 8),
        ("push   QWORD PTR [rax]", 0, 8, 8),
        ("pop    rbp", 0, 8, 0),
        ("call   rax", 0, 0, 8),
        ("ret", 0, 8, 0),
        ("lea    r10,[r14*8+0x0]", 0, 0, 0),
        ("data16 cs nop WORD PTR [rax+rax*1+0x0]", 0, 0, 0),
    ],
)
def test_an_instruction_counts_its_width_and_its_memory_operand(text, flop, loaded, stored):
    one = Instruction(0, text)
    assert (one.flop, one.loaded, one.stored) == (flop, loaded, stored)


def counted(*executed):
    code = {at: Instruction(at, text) for at, (text, _) in enumerate(executed)}
    times = {at: n for at, (_, n) in enumerate(executed)}
    return Counted("ledger", times, code, {}, "", 4000)


# 100 x 4 + 10 x 1 + 20 x 4 FLOP; 100 x 32 bytes loaded, 50 x 8 stored.
LOOP = counted(
    ("vaddpd ymm0,ymm0,YMMWORD PTR [rax]", 100), ("vmulsd xmm0,xmm0,xmm1", 10), ("vdivpd ymm0,ymm0,ymm1", 20),
    ("mov QWORD PTR [rax],rcx", 50), ("jne 8", 20),
)  # fmt: skip
CEILINGS = Ceilings(
    clock=1e9,
    arithmetic={"multiplications and additions, 4 at once": 4e9, "multiplications and additions, one by one": 1e9},
    divisions={1: 0.2e9, 4: 0.1e9},
    bandwidth={"L1": 36e9, "memory": 8e9},
    caches={},
    curve=[],
)


def test_sums_are_times_executed():
    assert (LOOP.instructions, LOOP.flop, LOOP.loaded, LOOP.stored) == (200, 490, 3200, 400)
    assert split_arithmetic(LOOP) == (10, 400, {1: 0, 4: 20})


def test_shares_are_of_the_time_and_the_largest_is_what_bounds():
    placed = Placed(LOOP, native=0.5e-6, for_target=1e-6)
    # 400 / 4e9 + 10 / 1e9; 20 / 0.1e9; 3600 / 36e9; 4000 / 8e9, all over 1 us.
    assert placed.at_ceilings(CEILINGS) == pytest.approx(
        {"arithmetic": 0.11, "division and roots": 0.2, "loads and stores": 0.1, "memory, all arrays once": 0.5}
    )
    assert placed.a_cycle(CEILINGS) == pytest.approx(0.2)  # 200 instructions in 1000 cycles
    assert placed.in_vectors == pytest.approx(400 / 410)
    assert "one in 10 a jump. So what bounds it is memory, all arrays once." in placed.verdict(CEILINGS)
    assert "what its instructions wait for." in Placed(LOOP, native=1e-6, for_target=2e-6).verdict(CEILINGS)


def test_ceilings_do_the_instruction_that_is_meant_and_as_many_chains():
    assert loop_of(("fmul", "fadd"), 4).count("fmul <4 x double>") == 6
    assert loop_of(("fdiv",), 1).count(" = fdiv double") == 12
    assert loop_of(("fma",), 8).count("call <8 x double> @llvm.fma.v8f64") == 20


def test_samples_go_to_lines_and_functions():
    code = read_instructions(LISTING.splitlines())
    found = read_samples(["  5001", "5001", "5008", "", " 9999", "5010"])
    made = attribute(found, code, {"symbol": code[0].symbol, "address": 0x5000}, "samples")
    assert made.lines == Counter({("/src/ledger.py", 10): 2, ("/src/leaf.py", 3): 1})
    assert made.functions == Counter({"backtest.kernels.ledger.run_ledger_nb": 3})
    assert made.outside == 2  # of no kernel, and of the wrapper
    assert table_of(made, 5)[0] == "5 samples, 40.0% outside the kernel; shares are of all"


def test_names_of_numba_read_as_python():
    assert plain_name("_ZN7kernels3oneB2v1") == "kernels.one"
    assert plain_name("memset") == "memset"


def test_a_call_is_laid_out_as_it_was_before_it_was_made():
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    written = np.zeros((2, 2), dtype=np.int64)
    call = RecordedCall.of("math:hypot", (fixed, (written, 1.5)))
    written[:] = 7
    first, (second, number) = call.arguments()
    assert first.tolist() == [0, 1, 2]
    assert not first.flags.writeable
    assert second.tolist() == [[0, 0], [0, 0]]
    assert second.flags.writeable
    assert number == 1.5
    assert call.nbytes == 3 * 8 + 4 * 8
    assert digest_of(call.arguments(), 0) == digest_of((fixed, (np.zeros((2, 2), dtype=np.int64), 1.5)), 0)
    assert digest_of(call.arguments(), 0) != digest_of((fixed, (written, 1.5)), 0)


def test_an_array_with_gaps_is_refused():
    with pytest.raises(ValueError, match="has gaps"):
        RecordedCall.of("math:hypot", (np.zeros((4, 4))[:, ::2],))


def test_missing_valgrind_is_said_and_nothing_is_counted(monkeypatch, capsys):
    monkeypatch.setattr(callgrind, "is_installed", lambda: False)
    assert missing_tools() == "SKIPPED: valgrind not installed; no instructions are counted"
    monkeypatch.setattr(sys, "argv", ["instructions"])
    instructions.main()
    assert capsys.readouterr().out == missing_tools() + "\n"
    with pytest.raises(SystemExit, match="SKIPPED: valgrind"):
        instructions.count_tree()


def test_profile_without_tools_says_which(monkeypatch):
    monkeypatch.setattr(disassembly, "is_installed", lambda: False)
    monkeypatch.setattr(sys, "argv", ["profile", "ledger"])
    with pytest.raises(SystemExit, match="objdump is not installed"):
        profile.main()


@pytest.mark.parametrize("module", [ceilings, profile])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_kernel_is_recorded_under_the_name_that_callers_look_up(job):
    assert resolve_name(job.called_as) is resolve_name(job.kernel)


ADDING = """
from data.jit import kernel

@kernel
def add_nb(numbers, out):
    total = 0.0
    for i in range(numbers.shape[0]):
        total += numbers[i]
    out[0] = total
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(missing_tools()), reason=missing_tools() or "valgrind and objdump are here")
def test_a_sum_of_n_numbers_is_n_additions_and_n_loads(tmp_path):
    n = 1000
    (tmp_path / "adding.py").write_text(ADDING, encoding="utf-8")
    call = RecordedCall.of("adding:add_nb", (np.ones(n), np.zeros(1)))
    call.write(tmp_path / "add.call")
    environment = os.environ | counting.STEADY | counting.TARGET
    environment |= {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT))), "EASTBOUND_CACHE": str(tmp_path)}
    compiling = "from pathlib import Path; from benchmarks.machine_code.recorded import RecordedCall as C; import sys; "
    compiling += "call = C.read(Path(sys.argv[1])); call.function()(*call.arguments())"
    subprocess.run([sys.executable, "-c", compiling, str(tmp_path / "add.call")], env=environment, check=True)
    found = counting.count_call(tmp_path / "add.call", "adding", environment, tmp_path)
    assert found.flop == n  # IEEE arithmetic in the written order: no vectors, no tree
    assert 8 * n <= found.loaded < 8 * n + 200
    assert found.instructions < 8 * n
    again = counting.count_call(tmp_path / "add.call", "adding", environment, tmp_path)
    assert again.instructions == found.instructions
    assert json.loads((tmp_path / REPORT).read_text())["is_counted"]
    assert (tmp_path / OBJECT).exists()
    assert bounds.split_arithmetic(found) == (n, 0, {1: 0, 4: 0})
