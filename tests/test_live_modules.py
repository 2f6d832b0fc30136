import json
import subprocess

from explorer.live import modules
from tests.tools import node

WRITTEN = {
    module.name: module.read_text(encoding="utf-8") for module in modules.FOLDER.glob("*.js")
}
LISTER = """
const exported = {};
for (const name of process.argv.slice(2))
  exported[name] = Object.keys(await import(`./${name}`)).sort();
console.log(JSON.stringify(exported));
"""


def exports(folder, texts: dict[str, str]) -> dict[str, list[str]]:
    """Import some modules, which must not need a page to load, and return what each exports."""
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "list.js").write_text(LISTER)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    names = [name for name in texts if "worker" not in name]
    listed = subprocess.run(
        [node(), folder / "list.js", *names], capture_output=True, text=True, check=True
    )
    return json.loads(listed.stdout)


def test_modules_lose_their_comments_on_the_way_and_nothing_else(tmp_path):
    sent = {name: modules.minified(name) or "" for name in WRITTEN}
    assert all(text.startswith("/*") for text in WRITTEN.values())
    assert not any("/*" in text for text in sent.values())
    assert exports(tmp_path / "sent", sent) == exports(tmp_path / "written", WRITTEN)


def test_what_is_no_module_is_not_sent():
    assert modules.minified("pack.py") is None
    assert modules.minified("../ui/app.js") is None
