import json
import subprocess

from explorer.live import modules
from tests.tools import node

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
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    names = [name for name in texts if "worker" not in name]
    listed = subprocess.run(
        [node(), folder / "list.js", *names], capture_output=True, text=True, check=True
    )
    return json.loads(listed.stdout)


def test_modules_lose_their_comments_on_the_way_and_nothing_else(tmp_path):
    written = {
        name: (modules.FOLDER / name).read_text(encoding="utf-8") for name in modules.names()
    }
    sent = {name: modules.minified(name) or "" for name in written}
    assert all("/**" in text for text in written.values())
    assert not any("/*" in text for text in sent.values())
    assert exports(tmp_path / "sent", sent) == exports(tmp_path / "written", written)


def test_only_modules_are_sent():
    assert modules.minified("modules.py") is None
    assert modules.minified("explore/page.css") is None
    assert modules.minified("explore/../adapter.js") is None
    assert modules.minified("../ui/app.js") is None


def test_a_page_has_the_styles_of_all_its_parts_and_its_own_last():
    sheet = modules.styles("explore/page.js")
    assert ".le-legend {" in sheet, "which is fetched later"
    assert ".le-big {" in sheet
    assert sheet.endswith((modules.FOLDER / "explore" / "page.css").read_text("utf-8"))
    assert ".le-table {" not in sheet
    others = modules.styles("compare/page.js") + modules.styles("run/page.js")
    for path in modules.FOLDER.rglob("*.css"):
        assert path.with_suffix(".js").is_file(), "a sheet is that of a module"
        assert path.read_text("utf-8") in sheet + others, "and reaches a page"


def test_the_imports_of_a_page_are_found_through_all_folders():
    found = modules.with_imports(["explore/page.js"])
    assert found[0] == "explore/page.js"
    assert {"parts/map.js", "network/pack.js", "latent/latent.js"} <= set(found)
    assert len(found) == len(set(found))
    assert set(found) <= modules.names()
    assert "parts/legend.js" not in found  # which `import()` fetches later
