"""Compiles the kernels: `python -m tests.kernels` after a change to `kernels.c`.

With the compiler that `pyproject.toml` names, the same source gives the same bytes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from explorer.live import modules

KERNELS = modules.FOLDER / modules.KERNELS
_FLAGS = (
    "-target wasm32-freestanding -msimd128 -mbulk-memory -nostdlib -fno-math-errno"
    # The source says what to unroll, and how far V8 can follow; -Oz costs no speed beside that.
    " -O2 -Xclang -Oz -fno-vectorize -fno-slp-vectorize -fno-unroll-loops -mllvm -disable-lsr"
    " -Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -Wl,-z,stack-size=1024"
).split()


def compile_kernels(out: Path) -> None:
    """Compile `kernels.c` without anything left from before."""
    with tempfile.TemporaryDirectory() as cache:
        caches = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
        source = KERNELS.with_suffix(".c")
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, str(source), "-o", str(out)]
        subprocess.run(command, check=True, env=os.environ | caches)
    out.chmod(0o644)


if __name__ == "__main__":
    compile_kernels(KERNELS)
