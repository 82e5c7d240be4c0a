"""The converter recurses on the stack, and where that ends the process ends with it."""

import subprocess
import sys

import pytest

from instructions.formulas import Budget, formula

CHAINS = {
    "color": r"\color{red} " * 249 + "x",
    "sqrt": r"\sqrt" * 249 + " x",
    "hat": r"\hat" * 249 + " x",
    "frac": r"\frac1" * 249 + "x",
    "left": r"\left." * 249,
    "pairs": r"\left(" * 120 + "x" + r"\right)" * 120,
    "matrices": r"\begin{matrix}" * 100 + "x" + r"\end{matrix}" * 100,
    "braces and commands": r"\sqrt{" * 40 + r"\hat" * 80 + " x" + "}" * 40,
    "letters": r"\alpha" * 249,
    "dots": r"\dots" * 249,
    "functions": r"\sin" * 249,
    "sums": r"\sum_" * 120 + "x",
    "unclosed": r"\frac{" * 100 + "x",
    "allowed": r"\overline" * 120 + " x",
    "allowed pairs": r"\left." * 120 + r"\right." * 120,
    "allowed dots": r"\dots" * 120,
}
IN_A_SMALL_STACK = """
import sys, threading
from instructions.formulas import Budget, formula
threading.stack_size(256 * 1024)
latex = sys.stdin.read()
thread = threading.Thread(
    target=lambda: formula(latex, latex, is_display=True, budget=Budget(1, 10**9))
)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("latex", CHAINS.values(), ids=CHAINS)
def test_a_quarter_of_a_megabyte_of_stack_is_enough(latex: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_SMALL_STACK], input=latex, text=True, check=False
    )
    assert done.returncode == 0


def test_a_long_derivation_is_still_a_formula() -> None:
    line = r"x_{i} &\leq \frac{\alpha + \beta}{\gamma} \cdot \sum_{j=1}^{n} y_{j} \\"
    latex = r"\begin{aligned}" + line * 20 + r"\end{aligned}"
    shown = formula(latex, latex, is_display=True, budget=Budget(1, 10**9))
    assert "<math" in shown
