"""What Python hands to the browser and what the browser expects, held to the same keys."""

import json
import re
import subprocess
from typing import is_typeddict

import pytest

from explorer.live import modules
from explorer.ui import address, scenes
from tests.tools import node

TYPES = (modules.FOLDER / "types.js").read_text(encoding="utf-8")
SCENES = {name: kind for name, kind in vars(scenes).items() if is_typeddict(kind)}


def described(name: str) -> dict[str, bool]:
    """Return the keys that `types.js` gives a type, and whether each may be absent."""
    (body,) = re.findall(rf"@typedef \{{Object\}} {name}\n(.*?)\*/", TYPES, re.DOTALL)
    found = re.findall(r"@property \{.*\} (\[?)(\w+)\]?", body)
    return {key: bool(bracket) for bracket, key in found}


@pytest.mark.parametrize("name", sorted(SCENES))
def test_both_sides_know_the_same_keys(name):
    kind = SCENES[name]
    keys = {key: key in kind.__optional_keys__ for key in kind.__annotations__}
    assert described(name) == keys


def test_both_sides_keep_the_same_in_the_address(tmp_path):
    module = tmp_path / "address.mjs"
    module.write_text(modules.minified("code/address.js") or "", encoding="utf-8")
    script = (
        f"import {{ KEYS }} from {json.dumps(module.as_uri())}; console.log(JSON.stringify(KEYS))"
    )
    said = subprocess.run(
        [node(), "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == {page: list(keys) for page, keys in address.VIEW_KEYS.items()}
    assert set(described("Start")) == set(address.VIEW_KEYS["explore"])
    assert set(described("SharedStart")) == set(address.VIEW_KEYS["compare"])
